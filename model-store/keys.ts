/**
 * Where everything lies in a store, the same on every driver. Parts of keys are tag parts or digests, checked before
 * they come here.
 *
 * @module
 */
import { type Digest, digestHex, isDigest } from "../core/digest.ts";
import type { ExactTag } from "../core/tag.ts";

/** What has versions, aliases and labels. */
export type Kind = "models" | "bentos";

/** Bytes by their content. */
export function blobKey(digest: Digest): string {
  return `${BLOBS_PREFIX}${digestHex(digest)}`;
}

/** Blobs of every digest lie below it. */
export const BLOBS_PREFIX = "blobs/sha256/";

/** The digest in a key made by {@link blobKey}, undefined for any other key. */
export function digestOfKey(key: string): Digest | undefined {
  const digest = `sha256:${key.slice(BLOBS_PREFIX.length)}`;
  return key.startsWith(BLOBS_PREFIX) && isDigest(digest) ? digest : undefined;
}

/** With a trailing slash: below it a folder a name. */
export function namesPrefix(kind: Kind): string {
  return `${kind}/`;
}

export function versionsPrefix(kind: Kind, name: string): string {
  return `${kind}/${name}/versions/`;
}

export function versionKey(kind: Kind, name: string, version: string): string {
  return `${versionsPrefix(kind, name)}${version}.json`;
}

/** The version in a key made by {@link versionKey}. */
export function versionOf(key: string): string {
  return key.slice(key.lastIndexOf("/") + 1, -".json".length);
}

/** A chain of the versions registered, newest at its head. */
export function latestPrefix(kind: Kind, name: string): string {
  return `${kind}/${name}/latest/`;
}

export function aliasesPrefix(kind: Kind, name: string): string {
  return `${kind}/${name}/aliases/`;
}

/** A chain of the versions that an alias meant. */
export function aliasPrefix(kind: Kind, name: string, alias: string): string {
  return `${aliasesPrefix(kind, name)}${alias}/`;
}

/** A chain of the labels of one version. */
export function labelsPrefix(kind: Kind, name: string, version: string): string {
  return `${kind}/${name}/labels/${version}/`;
}

/** Signatures over one version at one content, a document a key. */
export function signaturesPrefix(kind: Kind, { name, version }: ExactTag, digest: Digest): string {
  return `${kind}/${name}/signatures/${version}/${digestHex(digest)}/`;
}

export const DEPLOYMENTS_PREFIX = "deployments/";

/** A chain of the records of one deployment. */
export function deploymentPrefix(environment: string, platform: string, name: string): string {
  return `${DEPLOYMENTS_PREFIX}${environment}/${platform}/${name}/`;
}

/**
 * Attachments in a registry. One that knows the referrers API keeps the list itself. For others the list is an index
 * under the tag `sha256-<hex>`, which readers know and which cannot be written conditionally; so what is attached in one
 * go is also listed under a tag of its own, written before the index is read. Whoever writes the index then looks again
 * at those tags, and repeats until it holds them all: the last writer sees what was tagged before, and none is lost.
 *
 * @module
 */
import { BentoError } from "../../core/bento-error.ts";
import { canonicalJson } from "../../core/canonical-json.ts";
import { type Digest, digestHex, digestOf } from "../../core/digest.ts";
import { formatImageRef } from "../../core/image-ref.ts";
import { type ByteStream, streamOf } from "../chunks.ts";
import { type Descriptor, ImageIndex, parseDocument } from "../manifest.ts";
import { OCI_INDEX, OCI_MANIFEST } from "../media-type.ts";
import type { RegistryClient } from "../registry/client.ts";
import { type AttachmentStore, byDigest } from "./attachment.ts";

/** A manifest as a registry holds it. */
export interface FetchedManifest {
  readonly mediaType: string;
  readonly bytes: Buffer;
}

/** What is needed of a registry, for one repository. */
export interface RegistryPort {
  /** The repository, for messages. */
  readonly where: string;
  /** By tag or digest; undefined where there is none. */
  getManifest(reference: string): Promise<FetchedManifest | undefined>;
  /** Under a tag or its digest. Tells whether the registry keeps the list of the subject's referrers itself. */
  putManifest(
    reference: string,
    manifest: FetchedManifest,
  ): Promise<{ readonly isSubjectKnown: boolean }>;
  readBlob(descriptor: Descriptor): ByteStream;
  /** Uploads what is not there yet. */
  writeBlob(digest: Digest, bytes: Uint8Array): Promise<void>;
  /** The referrers API's answer, all pages; undefined where the registry has no such API. */
  referrers(subject: Digest): Promise<Descriptor[] | undefined>;
  /** All tags of the repository; undefined where they may not be listed. */
  tags(): Promise<string[] | undefined>;
}

/** The port over a client that may write, or only read. */
export function registryPort(client: RegistryClient): RegistryPort {
  const where = formatImageRef(client.ref);
  return {
    where,
    async getManifest(reference) {
      try {
        const { descriptor, bytes } = await client.manifests.get(reference);
        return { mediaType: descriptor.mediaType, bytes };
      } catch (error) {
        if (BentoError.isInstance(error) && error.code === "BENTO_NOT_FOUND") {
          return undefined;
        }
        throw error;
      }
    },
    async putManifest(reference, manifest) {
      const { subject } = await client.manifests.put(reference, manifest);
      return { isSubjectKnown: subject !== undefined };
    },
    readBlob: (descriptor) => client.blobs.get(descriptor),
    async writeBlob(digest, bytes) {
      await client.blobs.put({ digest, size: bytes.length, open: () => streamOf(bytes) });
    },
    referrers: (subject) => client.referrers(subject),
    tags: () => client.tags(),
  };
}

/** How often the list is written anew because others wrote it at the same time. */
const ATTEMPTS = 20;

/** The attachments of images in a repository. */
export function registryAttachments(registry: RegistryPort): AttachmentStore {
  return {
    where: registry.where,
    async list(subject) {
      const known = await registry.referrers(subject);
      return (known ?? (await fallbackList(registry, subject)) ?? []).sort(byDigest);
    },
    async readManifest(descriptor) {
      const found = await registry.getManifest(descriptor.digest);
      if (found === undefined || digestOf(found.bytes) !== descriptor.digest) {
        throw new BentoError("BENTO_INTEGRITY", "an attachment is listed and not there", {
          where: `${registry.where}@${descriptor.digest}`,
          hint: "attach it again",
        });
      }
      return found.bytes;
    },
    readBlob: (descriptor) => registry.readBlob(descriptor),
    async attach(subject, packed) {
      const unlisted: Descriptor[] = [];
      for (const { blobs, manifest: bytes, descriptor } of packed) {
        for (const blob of blobs) {
          await registry.writeBlob(blob.digest, blob.bytes);
        }
        const manifest = { mediaType: OCI_MANIFEST, bytes };
        const { isSubjectKnown } = await registry.putManifest(descriptor.digest, manifest);
        unlisted.push(...(isSubjectKnown ? [] : [descriptor]));
      }
      if (unlisted.length > 0) {
        const list = listOf(unlisted);
        await registry.putManifest(ownTag(subject, digestOf(list.bytes)), list);
        await enterIntoList(registry, subject, unlisted);
      }
    },
  };
}

/** The tag under which readers look for the list of what is attached to an image. */
export function fallbackTag(subject: Digest): string {
  return `sha256-${digestHex(subject)}`;
}

function ownTag(subject: Digest, list: Digest): string {
  return `${fallbackTag(subject)}.${digestHex(list).slice(0, 16)}`;
}

async function enterIntoList(
  registry: RegistryPort,
  subject: Digest,
  attached: readonly Descriptor[],
): Promise<void> {
  let wanted = attached;
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const listed = (await fallbackList(registry, subject)) ?? [];
    if (missingIn(listed, wanted).length > 0) {
      const list = listOf([...listed, ...missingIn(listed, wanted)]);
      await registry.putManifest(fallbackTag(subject), list);
    }
    // others' too: they may have been overwritten just now
    const now = (await fallbackList(registry, subject)) ?? [];
    wanted = [...attached, ...(await taggedLists(registry, subject))];
    if (missingIn(now, wanted).length === 0) {
      return;
    }
  }
  throw new BentoError("BENTO_CONFLICT", "others keep writing the list of attachments", {
    where: `${registry.where}:${fallbackTag(subject)}`,
    hint: "run it again; what was uploaded stays",
  });
}

function missingIn(listed: readonly Descriptor[], wanted: readonly Descriptor[]): Descriptor[] {
  const there = new Set(listed.map(({ digest }) => digest));
  return [...new Map(wanted.map((one) => [one.digest, one])).values()].filter(
    ({ digest }) => !there.has(digest),
  );
}

function listOf(manifests: readonly Descriptor[]): FetchedManifest {
  const index = {
    schemaVersion: 2,
    mediaType: OCI_INDEX,
    manifests: manifests.toSorted(byDigest),
  };
  return { mediaType: OCI_INDEX, bytes: Buffer.from(canonicalJson(index)) };
}

async function fallbackList(
  registry: RegistryPort,
  subject: Digest,
): Promise<Descriptor[] | undefined> {
  const tag = fallbackTag(subject);
  const found = await registry.getManifest(tag);
  const where = `${registry.where}:${tag}`;
  return found === undefined
    ? undefined
    : parseDocument(ImageIndex, parseJson(found.bytes, where), where).manifests;
}

/** What is listed under tags of our kind; what others keep under such tags, as cosign does, is no list. */
async function taggedLists(registry: RegistryPort, subject: Digest): Promise<Descriptor[]> {
  const tags = (await registry.tags()) ?? [];
  const prefix = `${fallbackTag(subject)}.`;
  const found: Descriptor[] = [];
  for (const tag of tags.filter((one) => one.startsWith(prefix))) {
    const list = await registry.getManifest(tag);
    const index = ImageIndex.safeParse(list === undefined ? undefined : parseQuietly(list.bytes));
    found.push(...(index.data?.manifests ?? []).filter((one) => one.artifactType !== undefined));
  }
  return found;
}

function parseQuietly(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    return undefined;
  }
}

function parseJson(bytes: Buffer, where: string): unknown {
  const value = parseQuietly(bytes);
  if (value === undefined) {
    throw new BentoError("BENTO_INTEGRITY", "not a JSON document", { where });
  }
  return value;
}

/**
 * Versions of one kind of thing, models or bentos: registered once, read back with their digest checked. A version is
 * visible only when its document is there, which is written last.
 *
 * @module
 */
import * as z from "zod";
import { BentoError } from "../core/bento-error.ts";
import { canonicalJson } from "../core/canonical-json.ts";
import { Digest, digestOf } from "../core/digest.ts";
import { type ExactTag, formatTag } from "../core/tag.ts";
import { describeDifference } from "./describe-difference.ts";
import { findDocument } from "./document.ts";
import type { Driver, WaitOptions } from "./driver.ts";
import { type Kind, namesPrefix, versionKey, versionOf, versionsPrefix } from "./keys.ts";
import { type ChildrenOptions, children } from "./scan.ts";

/** Where one kind of thing stands, and what its documents look like. */
export interface Shelf<Manifest extends ExactTag> {
  readonly driver: Driver;
  readonly kind: Kind;
  /** One of them, for messages: model or bento. */
  readonly noun: string;
  readonly manifest: z.ZodType<Manifest>;
  readonly now: () => Date;
  /** Lets time pass, in milliseconds. @default a timer */
  readonly wait?: ((ms: number) => Promise<unknown>) | undefined;
}

/** A version as it is kept. */
export interface StoredVersion<Manifest> {
  readonly manifest: Manifest;
  /** Of the canonical manifest. */
  readonly digest: Digest;
  /** When it was first registered, ISO 8601 in UTC; copies in other stores keep it. */
  readonly registeredAt: string;
}

/** The version, undefined when the store has none so called. */
export async function findVersion<Manifest extends ExactTag>(
  shelf: Shelf<Manifest>,
  tag: ExactTag,
  options?: WaitOptions,
): Promise<StoredVersion<Manifest> | undefined> {
  const { driver, manifest, kind } = shelf;
  const key = versionKey(kind, tag.name, tag.version);
  const schema = z.object({ manifest, digest: Digest, registeredAt: z.iso.datetime() });
  const stored = await findDocument({ driver, key, schema, ...options });
  return stored && checkDigest(shelf, key, stored);
}

/** Names that have at least one version, in the order of their keys. */
export async function* listNames<Manifest extends ExactTag>(
  shelf: Shelf<Manifest>,
  options: ChildrenOptions = {},
): AsyncGenerator<string, void> {
  const { signal } = options;
  for await (const { name } of children(shelf.driver, namesPrefix(shelf.kind), options)) {
    for await (const _ of listVersions(shelf, name, { signal, limit: 1 })) {
      yield name;
    }
  }
}

export interface ListVersionsOptions extends WaitOptions {
  /** Only versions behind this one; it need not exist. @default all */
  readonly after?: string | undefined;
  /** Most versions to yield. @default all */
  readonly limit?: number | undefined;
}

/** The versions of a name in the order of their keys. */
export async function* listVersions<Manifest extends ExactTag>(
  { driver, kind }: Shelf<Manifest>,
  name: string,
  { after, limit, signal }: ListVersionsOptions = {},
): AsyncGenerator<string, void> {
  const options = {
    ...(after === undefined ? {} : { after: versionKey(kind, name, after) }),
    ...(limit === undefined ? {} : { limit }),
    signal,
  };
  for await (const { key } of driver.list(versionsPrefix(kind, name), options)) {
    yield versionOf(key);
  }
}

export interface RegisterOptions extends WaitOptions {
  /** Of what is copied, ISO 8601 in UTC. @default now */
  readonly registeredAt?: string | undefined;
}

/**
 * Makes a version visible; its blobs must be in the store.
 *
 * @returns "exists" when the same content was there
 * @throws BentoError BENTO_CONFLICT when the version has other content
 */
export async function registerVersion<Manifest extends ExactTag>(
  shelf: Shelf<Manifest>,
  manifest: Manifest,
  options?: RegisterOptions,
): Promise<"created" | "exists"> {
  const stored = {
    manifest,
    digest: digestOf(canonicalJson(manifest)),
    registeredAt: options?.registeredAt ?? shelf.now().toISOString(),
  };
  const key = versionKey(shelf.kind, manifest.name, manifest.version);
  const body = Buffer.from(`${canonicalJson(stored, 2)}\n`);
  const state = await shelf.driver.put(key, body, options);
  const there = state === "exists" ? await findVersion(shelf, manifest, options) : undefined;
  if (there !== undefined) {
    checkSameContent(shelf, there, manifest);
  } else if (state === "exists") {
    return registerVersion(shelf, manifest, options); // deleted in between
  }
  return state;
}

/**
 * Compares what a store has with what is to be registered under the same version.
 *
 * @throws BentoError BENTO_CONFLICT with a line for each difference
 */
export function checkSameContent<Manifest extends ExactTag>(
  shelf: Shelf<Manifest>,
  stored: StoredVersion<Manifest>,
  manifest: Manifest,
): void {
  const differences = describeDifference(stored.manifest, manifest);
  if (differences.length > 0) {
    const tag = formatTag(manifest);
    const lines = differences.map((difference) => `\n  ${difference}`).join("");
    throw new BentoError(
      "BENTO_CONFLICT",
      `${shelf.noun} ${tag} exists with other content:${lines}`,
      {
        where: shelf.driver.url,
        hint: "a version never changes: choose another version, or leave it out to get one made from the content",
      },
    );
  }
}

function checkDigest<Manifest extends ExactTag>(
  { driver }: Shelf<Manifest>,
  key: string,
  stored: StoredVersion<Manifest>,
): StoredVersion<Manifest> {
  const digest = digestOf(canonicalJson(stored.manifest));
  if (digest !== stored.digest) {
    throw new BentoError(
      "BENTO_INTEGRITY",
      `expected a manifest with ${stored.digest}, got ${digest}`,
      {
        where: `${driver.url} ${key}`,
        hint: "the document was changed by hand: restore it from a backup, or delete it and register the version again",
      },
    );
  }
  return stored;
}

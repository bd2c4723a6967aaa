/**
 * What is kept on this machine to be quick, and can be made or fetched again: models and bentos unpacked to run, blobs
 * of stores far away, parts of images. Whatever goes is out of sight at once, so that nobody finds half of it.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import { mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { sweepLeftovers } from "../oci/leftovers.ts";
import { diskError, systemCode } from "./disk-error.ts";
import type { WaitOptions } from "./driver.ts";
import type { Store } from "./store.ts";

/** One thing that can be cleared. */
export interface CachedItem {
  /** `blobs` are files of stores far away; `other` is what images and services are built from. */
  readonly kind: "model" | "bento" | "blobs" | "other";
  /** `iris:v1` for a model or bento. */
  readonly name: string;
  readonly path: string;
  readonly files: number;
  /** A file that lies in two items is counted in both. */
  readonly bytes: number;
}

export interface CachePlace {
  /** BENTO_HOME */
  readonly home: string;
  /** The store in that folder: what its versions name is no cache. */
  readonly local: Store;
}

export interface ClearedCache {
  readonly cleared: readonly CachedItem[];
  /** Those that were asked to stay. */
  readonly spared: readonly CachedItem[];
}

export interface ClearCacheOptions extends WaitOptions {
  /** What stays, e.g. because it runs. @default nothing */
  readonly isSpared?: ((item: CachedItem) => boolean) | undefined;
}

/** Unfinished and cleared folders: they start with a dot, as no item does. */
const HIDDEN = /^\./;
const CLEARED_PREFIX = ".cleared-";
/** `<version>-<12 digits of its digest>` */
const DIGEST_SUFFIX = /-[0-9a-f]{12}$/;
const KINDS = { models: "model", bentos: "bento" } as const;

/** Items by kind and name. */
export async function listCache(
  { home, local }: CachePlace,
  options: WaitOptions = {},
): Promise<CachedItem[]> {
  const cache = join(home, "cache");
  const items: CachedItem[] = [];
  for (const folder of ["models", "bentos"] as const) {
    for (const name of await namesIn(join(cache, folder))) {
      for (const version of await namesIn(join(cache, folder, name))) {
        options.signal?.throwIfAborted();
        const path = join(cache, folder, name, version);
        const tag = `${name}:${version.replace(DIGEST_SUFFIX, "")}`;
        items.push({ kind: KINDS[folder], name: tag, path, ...(await sizeOf(path)) });
      }
    }
  }
  const { blobs, bytes } = await local.collectGarbage({
    ...BLOBS_ALONE,
    isDryRun: true,
    ...options,
  });
  if (blobs.length > 0) {
    const path = join(home, "blobs");
    items.push({
      kind: "blobs",
      name: "files without a version here",
      path,
      files: blobs.length,
      bytes,
    });
  }
  for (const name of await namesIn(cache)) {
    if (name !== "models" && name !== "bentos") {
      const path = join(cache, name);
      items.push({ kind: "other", name, path, ...(await sizeOf(path)) });
    }
  }
  return items;
}

/** Removes items; blobs that an import has said it is about to use stay. */
export async function clearCache(
  { home, local }: CachePlace,
  items: readonly CachedItem[],
  { isSpared = () => false, signal }: ClearCacheOptions = {},
): Promise<ClearedCache> {
  const cache = join(home, "cache");
  const cleared: CachedItem[] = [];
  for (const item of items.filter((one) => !isSpared(one))) {
    signal?.throwIfAborted();
    if (item.kind === "blobs") {
      const { blobs, bytes } = await local.collectGarbage({ ...BLOBS_ALONE, signal });
      cleared.push({ ...item, files: blobs.length, bytes });
    } else if (await removeFolder(item.path, cache)) {
      cleared.push(item);
    }
  }
  await sweepLeftovers([cache], { isTemporary: (name) => name.startsWith(CLEARED_PREFIX) });
  return { cleared, spared: items.filter(isSpared) };
}

/** Files of a store far away come with no pending document, but whoever lost one fetches it again. */
const BLOBS_ALONE = { graceMs: 0, sparesUnfinished: true } as const;

/** @returns false when it was gone */
async function removeFolder(path: string, cache: string): Promise<boolean> {
  const aside = join(cache, `${CLEARED_PREFIX}${randomUUID()}`);
  try {
    await mkdir(cache, { recursive: true });
    await rename(path, aside);
    await rm(aside, { recursive: true, force: true });
    return true;
  } catch (error) {
    if (systemCode(error) === "ENOENT") {
      return false;
    }
    throw diskError(error, "remove", path);
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => !HIDDEN.test(name)).sort();
  } catch (error) {
    if (systemCode(error) === "ENOENT" || systemCode(error) === "ENOTDIR") {
      return [];
    }
    throw diskError(error, "list", folder);
  }
}

async function sizeOf(path: string): Promise<{ files: number; bytes: number }> {
  const found = await stat(path).catch(() => undefined); // gone since it was listed
  if (found === undefined) {
    return { files: 0, bytes: 0 };
  }
  if (!found.isDirectory()) {
    return { files: 1, bytes: found.size };
  }
  let [files, bytes] = [0, 0];
  for (const name of await readdir(path).catch(() => [])) {
    const part = await sizeOf(join(path, name));
    files += part.files;
    bytes += part.bytes;
  }
  return { files, bytes };
}

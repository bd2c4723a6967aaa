/**
 * A store far away whose blobs are kept in a folder here once they were read as files. Blobs are named by their content,
 * so a copy is never stale; names and versions are always asked of the store itself.
 *
 * @module
 */
import { stat } from "node:fs/promises";
import { countBytes } from "../count-bytes.ts";
import type { Driver, LocalPathOptions, StreamBody } from "../driver.ts";
import { digestOfKey } from "../keys.ts";

/**
 * @param remote - the store; closed with the driver
 * @param cache - keeps the copies; safe to empty at any time
 */
export function cachedBlobs(remote: Driver, cache: Driver): Driver {
  return {
    url: remote.url,
    get: (key, options) => remote.get(key, options),
    open: (key, options) => remote.open(key, options),
    head: (key, options) => remote.head(key, options),
    put: (key, body, options) => remote.put(key, body, options),
    list: (prefix, options) => remote.list(prefix, options),
    delete: (key, options) => remote.delete(key, options),
    writtenAt: (key, options) => remote.writtenAt(key, options),
    sweep: async (before, options) => (await remote.sweep?.(before, options)) ?? 0,
    localPath: async (key, options) => copyOf({ remote, cache }, key, options),
    dropLocalPath: async (key) => void (await cache.delete(key)),
    async [Symbol.asyncDispose]() {
      await remote[Symbol.asyncDispose]();
      await cache[Symbol.asyncDispose]();
    },
  };
}

/** The file of a blob, fetched unless it is there. */
async function copyOf(
  { remote, cache }: { readonly remote: Driver; readonly cache: Driver },
  key: string,
  { name = key, onProgress, signal }: LocalPathOptions = {},
): Promise<string | undefined> {
  const digest = digestOfKey(key);
  const found = digest === undefined ? undefined : await remote.head(key, { signal });
  if (digest === undefined || found === undefined) {
    return undefined;
  }
  const { size } = found;
  const path = await cache.localPath?.(key);
  if (path !== undefined && (await stat(path)).size === size) {
    return path;
  }
  if (path !== undefined) {
    await cache.delete(key); // cut short
  }
  const body: StreamBody = {
    digest,
    size,
    async *open() {
      const pieces = await remote.open(key, { signal });
      if (pieces !== undefined) {
        yield* countBytes(pieces, { step: `fetch ${name}`, totalBytes: size, onProgress });
      }
    },
  };
  await cache.put(key, body, { signal });
  return cache.localPath?.(key);
}

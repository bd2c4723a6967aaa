/**
 * A store far away whose blobs are kept in a folder here once they were read as files. Blobs are named by their content,
 * so a copy is never stale; names and versions are always asked of the store itself.
 *
 * @module
 */
import { stat } from "node:fs/promises";
import type { Driver, StreamBody, WaitOptions } from "../driver.ts";
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
    localPath: async (key) => copyOf(key, remote, cache),
    async [Symbol.asyncDispose]() {
      await remote[Symbol.asyncDispose]();
      await cache[Symbol.asyncDispose]();
    },
  };
}

/** The file of a blob, fetched unless it is there. */
async function copyOf(
  key: string,
  remote: Driver,
  cache: Driver,
  options?: WaitOptions,
): Promise<string | undefined> {
  const digest = digestOfKey(key);
  const found = digest === undefined ? undefined : await remote.head(key, options);
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
      yield* (await remote.open(key, options)) ?? [];
    },
  };
  await cache.put(key, body, options);
  return cache.localPath?.(key);
}

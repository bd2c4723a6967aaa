/**
 * The store in a folder. A file is written under a temporary name, synced, then linked to its final one, which fails
 * where something is: so nothing is half visible, and of several processes one wins.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import type { Stats } from "node:fs";
import { link, mkdir, open, readdir, readFile, stat, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { verified } from "../../oci/verified.ts";
import { diskError, systemCode } from "../disk-error.ts";
import { checkKey, type Driver, type OpenOptions, type StreamBody } from "../driver.ts";
import { fillFile } from "../fill-file.ts";
import { walkFiles } from "./walk-files.ts";

export interface LocalDriverOptions {
  /** Absolute path of the folder; made at the first write. */
  readonly root: string;
}

const PIECE_BYTES = 1024 * 1024;

/** Unfinished files; its name starts with a dot so that no key can lie in it. */
const UNFINISHED = ".tmp";

/** A driver over a folder that other processes may use at the same time. */
export function localDriver({ root }: LocalDriverOptions): Driver {
  const pathOf = (key: string): string => join(root, checkKey(key));
  return {
    url: pathToFileURL(root).href,
    async get(key, options) {
      options?.signal?.throwIfAborted();
      const path = pathOf(key);
      return orAbsent(readFile(path), path);
    },
    async open(key, options = {}) {
      options.signal?.throwIfAborted();
      const found = await statFile(pathOf(key));
      return found === undefined ? undefined : readPieces(pathOf(key), options);
    },
    async head(key, options) {
      options?.signal?.throwIfAborted();
      const found = await statFile(pathOf(key));
      return found && { key, size: found.size };
    },
    async writtenAt(key, options) {
      options?.signal?.throwIfAborted();
      return (await statFile(pathOf(key)))?.mtime;
    },
    sweep: async (before) => sweepFolder(join(root, UNFINISHED), before),
    async put(key, body, options) {
      options?.signal?.throwIfAborted();
      const unfinished = join(root, UNFINISHED, randomUUID());
      return putFile(pathOf(key), body, { unfinished, signal: options?.signal });
    },
    list: (prefix, options) => walkFiles(root, prefix, options),
    async delete(key, options) {
      options?.signal?.throwIfAborted();
      return removeFile(pathOf(key));
    },
    async localPath(key) {
      const path = pathOf(key);
      return (await statFile(path)) === undefined ? undefined : path;
    },
    async [Symbol.asyncDispose]() {},
  };
}

async function orAbsent<T>(work: Promise<T>, path: string, doing = "read"): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    const code = systemCode(error);
    if (code === "ENOENT" || code === "ENOTDIR" || code === "EISDIR") {
      return undefined;
    }
    throw diskError(error, doing, path);
  }
}

/** Length and time of a file, undefined where there is none. */
async function statFile(path: string): Promise<Pick<Stats, "size" | "mtime"> | undefined> {
  const found = await orAbsent(stat(path), path);
  return found?.isFile() ? found : undefined;
}

/** Files of writers that have died; one that is being written changes all the time. */
async function sweepFolder(folder: string, before: Date): Promise<number> {
  let swept = 0;
  for (const name of (await orAbsent(readdir(folder), folder)) ?? []) {
    const path = join(folder, name);
    const found = await statFile(path);
    if (found !== undefined && found.mtime < before && (await removeFile(path))) {
      swept += 1;
    }
  }
  return swept;
}

async function* readPieces(path: string, options: OpenOptions): AsyncGenerator<Uint8Array, void> {
  try {
    await using file = await open(path, "r");
    const end = Math.min(options.end ?? Number.POSITIVE_INFINITY, (await file.stat()).size);
    const read = async (offset: number): Promise<Uint8Array> => {
      const wanted = Math.max(0, Math.min(PIECE_BYTES, end - offset));
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(wanted), 0, wanted, offset);
      return buffer.subarray(0, bytesRead);
    };
    let offset = options.start ?? 0;
    for (let piece = await read(offset); piece.length > 0; piece = await read(offset)) {
      options.signal?.throwIfAborted();
      offset += piece.length;
      yield piece;
    }
  } catch (error) {
    throw diskError(error, "read", path);
  }
}

async function removeFile(path: string): Promise<boolean> {
  const removed = unlink(path).then(() => true);
  return (await orAbsent(removed, path, "delete")) ?? false;
}

async function putFile(
  path: string,
  body: Uint8Array | StreamBody,
  { unfinished, signal }: { unfinished: string; signal: AbortSignal | undefined },
): Promise<"created" | "exists"> {
  if ((await statFile(path)) !== undefined) {
    return "exists";
  }
  try {
    await writeFile(unfinished, body, signal);
    return await linkFile(unfinished, path);
  } finally {
    await unlink(unfinished).catch(() => {}); // never made, or already gone
  }
}

async function writeFile(
  path: string,
  body: Uint8Array | StreamBody,
  signal?: AbortSignal,
): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await using file = await open(path, "wx", 0o444);
    const pieces = body instanceof Uint8Array ? [body] : verified(body.open(), body, path);
    await fillFile(file, untilAborted(pieces, signal));
  } catch (error) {
    throw diskError(error, "write", path);
  }
}

async function* untilAborted(
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void> {
  for await (const piece of pieces) {
    signal?.throwIfAborted();
    yield piece;
  }
}

async function linkFile(from: string, to: string): Promise<"created" | "exists"> {
  try {
    await mkdir(dirname(to), { recursive: true });
    await link(from, to);
    await syncFolder(dirname(to));
    return "created";
  } catch (error) {
    if (systemCode(error) === "EEXIST") {
      return "exists";
    }
    throw diskError(error, "write", to);
  }
}

/** Makes a new name in a folder survive a crash. */
async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path, "r");
  await folder.sync();
}

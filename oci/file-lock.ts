/**
 * One writer at a time among processes of one machine, by a file that only one of them can create. Work under it takes
 * milliseconds; a lock much older than that was left by a killed process and is taken over.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import { link, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";
import { BentoError } from "../core/bento-error.ts";

export interface FileLockOptions {
  readonly signal?: AbortSignal | undefined;
  /** Age in milliseconds beyond which a lock counts as left behind. @default 10 000 */
  readonly staleMs?: number;
  /** Pause between attempts in milliseconds. @default 10 */
  readonly pauseMs?: number;
  /** Milliseconds since the epoch. @default the system's clock, which file times are of too */
  readonly now?: () => number;
}

/**
 * Runs work while nobody else holds the lock.
 *
 * @param path - of the lock's file; its folder must exist
 * @throws what the work throws; an error of the file system when the folder cannot be written
 */
export async function withFileLock<Result>(
  path: string,
  work: () => Promise<Result>,
  options: FileLockOptions = {},
): Promise<Result> {
  const token = randomUUID();
  await take(path, token, options);
  try {
    return await work();
  } finally {
    // only our own: it may have been taken over while this process stood still
    if ((await readFile(path, "utf8").catch(() => undefined)) === token) {
      await rm(path, { force: true });
    }
  }
}

async function take(path: string, token: string, options: FileLockOptions): Promise<void> {
  const { signal, staleMs = 10_000, pauseMs = 10, now = Date.now } = options;
  for (;;) {
    signal?.throwIfAborted();
    try {
      await writeFile(path, token, { flag: "wx" });
      return;
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) {
        throw new BentoError("BENTO_IO", "cannot write a lock", {
          where: path,
          hint: "use a directory that can be written and has space",
          cause: error,
        });
      }
    }
    const since = (await stat(path).catch(() => undefined))?.mtimeMs;
    if (since !== undefined && now() - since > staleMs) {
      await breakLock(path);
    } else {
      await wait(pauseMs, undefined, signal === undefined ? {} : { signal });
    }
  }
}

/** Takes a stale lock away. When another process did so first and holds it now, its lock is put back. */
async function breakLock(path: string): Promise<void> {
  const stale = await readFile(path, "utf8").catch(() => undefined);
  const aside = `${path}.${randomUUID()}.tmp`;
  try {
    await rename(path, aside);
    if ((await readFile(aside, "utf8")) !== stale) {
      await link(aside, path);
    }
  } catch {
    // gone, or taken again, in the meantime: the next attempt sees
  } finally {
    await rm(aside, { force: true });
  }
}

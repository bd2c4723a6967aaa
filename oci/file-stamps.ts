/**
 * Remembers which files were read and found to hold what they should, so that gigabytes are not hashed again. A file
 * is known only while its path, inode, length and time of change are what they were then.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { digestHex, digestOf } from "../core/digest.ts";
import type { ExpectedContent } from "./verified.ts";

/** Shorter files are hashed as fast as their stamp is read. */
const STAMPED_BYTES = 64 * 1024;

export interface FileStamps {
  /** Whether this very file was found to hold the content, and was not touched since. */
  isKnown(path: string, content: ExpectedContent): Promise<boolean>;
  /**
   * Notes that the file holds the content; right after its bytes were checked or written. A stamp that cannot be
   * written is left out: it saves time, nothing depends on it.
   */
  note(path: string, content: ExpectedContent): Promise<void>;
  /** Drops stamps that were made before a time, in milliseconds since the epoch: their files are hashed once more. */
  prune(beforeMs: number): Promise<void>;
}

/** @param directory - made when needed; safe to delete */
export function fileStamps(directory: string): FileStamps {
  const place = (path: string) => join(directory, `${digestHex(digestOf(resolve(path)))}.json`);
  return {
    async isKnown(path, content) {
      if (content.size < STAMPED_BYTES) {
        return false;
      }
      const text = await readFile(place(path), "utf8").catch(() => undefined);
      return text !== undefined && text === (await stampOf(path, content));
    },
    async note(path, content) {
      const stamp = content.size < STAMPED_BYTES ? undefined : await stampOf(path, content);
      if (stamp === undefined) {
        return;
      }
      const temporary = join(directory, `${randomUUID()}.tmp`);
      try {
        await mkdir(directory, { recursive: true });
        await writeFile(temporary, stamp);
        await rename(temporary, place(path));
      } catch {
        await rm(temporary, { force: true });
      }
    },
    async prune(beforeMs) {
      for (const name of await readdir(directory).catch(() => [])) {
        const made = await stat(join(directory, name)).catch(() => undefined);
        if (made !== undefined && made.mtimeMs < beforeMs) {
          await rm(join(directory, name), { force: true });
        }
      }
    },
  };
}

/** What is compared; undefined for a file that is not there or has another length. */
async function stampOf(path: string, content: ExpectedContent): Promise<string | undefined> {
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  if (found === undefined || found.size !== BigInt(content.size)) {
    return undefined;
  }
  const { digest, size } = content;
  const [inode, changed] = [String(found.ino), String(found.mtimeNs)];
  return JSON.stringify({ path: resolve(path), digest, size, inode, changed });
}

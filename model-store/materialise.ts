/**
 * Makes folders on this machine's disk out of blobs, for whatever opens files by path. A folder appears whole under its
 * final name or not at all, and its bytes are checked each time it is handed out.
 *
 * @module
 */
import { link, mkdir, mkdtemp, open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { StoredFile } from "../core/model-manifest.ts";
import type { FileStamps } from "../oci/file-stamps.ts";
import { verified } from "../oci/verified.ts";
import { filePieces, openBlob } from "./blobs.ts";
import { collect } from "./collect.ts";
import { countBytes, type ProgressOptions } from "./count-bytes.ts";
import { diskError, systemCode } from "./disk-error.ts";
import type { Driver, WaitOptions } from "./driver.ts";
import { eachFile } from "./each-file.ts";
import { fillFile } from "./fill-file.ts";
import { blobKey } from "./keys.ts";

export interface FolderContent extends WaitOptions, ProgressOptions {
  readonly driver: Driver;
  /** Paths within the folder, each with its blob. */
  readonly files: readonly StoredFile[];
  /** Files that are no blobs, by path. @default none */
  readonly documents?: ReadonlyMap<string, string>;
  /** Knows files that were read before. @default none: every file is read each time */
  readonly stamps?: FileStamps | undefined;
}

/**
 * Makes the folder unless it is there and whole. Several processes may do so at once.
 *
 * @param folder - final path; its parent is made
 * @throws BentoError BENTO_INTEGRITY or BENTO_NOT_FOUND when a blob is damaged or missing
 */
export async function materialise(folder: string, content: FolderContent): Promise<void> {
  if (await isWhole(folder, content)) {
    return;
  }
  const parent = dirname(folder);
  try {
    await mkdir(parent, { recursive: true });
    const work = await mkdtemp(join(parent, ".new-"));
    try {
      await fillFolder(join(work, "new"), content);
      await swapIn(work, folder, content);
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  } catch (error) {
    throw diskError(error, "write", folder);
  }
}

/**
 * Writes the files into a folder by copying, so that they may be changed there.
 *
 * @param folder - made when absent; files in it are not overwritten
 */
export async function copyOut(folder: string, content: FolderContent): Promise<void> {
  await eachFile(content.files, async (file) => {
    const path = join(folder, file.path);
    await mkdir(dirname(path), { recursive: true });
    const pieces = await openBlob(content.driver, file, content);
    const step = { step: `write ${file.path}`, totalBytes: file.size, ...content };
    await writePieces(path, countBytes(pieces, step));
  });
  for (const [name, text] of content.documents ?? []) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writePieces(join(folder, name), [Buffer.from(text)]);
  }
}

/** Writes a new file from pieces and waits until they are on disk. */
export async function writePieces(
  path: string,
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<void> {
  await using file = await open(path, "wx");
  await fillFile(file, pieces);
}

async function swapIn(work: string, folder: string, content: FolderContent): Promise<void> {
  for (;;) {
    try {
      await rename(join(work, "new"), folder);
      return;
    } catch (error) {
      const code = systemCode(error);
      if (code !== "ENOTEMPTY" && code !== "EEXIST") {
        throw error;
      }
    }
    if (await isWhole(folder, content)) {
      return; // another process made it in the meantime
    }
    // damaged: out of the way, and once more
    await rename(folder, await mkdtemp(join(work, "old-"))).catch(ignoreAbsent);
  }
}

async function fillFolder(folder: string, content: FolderContent): Promise<void> {
  const copied: StoredFile[] = [];
  await eachFile(content.files, async (file) => {
    content.signal?.throwIfAborted();
    const path = join(folder, file.path);
    await mkdir(dirname(path), { recursive: true });
    if (!(await linkBlob(content, file, path))) {
      copied.push(file);
    }
  });
  const { files: _, ...rest } = content;
  await copyOut(folder, { ...rest, files: copied });
}

/** @returns false where the blob is not on the same disk, or is not what it should be: then it is copied, or refused */
async function linkBlob(
  { driver, stamps, onProgress, signal }: FolderContent,
  file: StoredFile,
  path: string,
): Promise<boolean> {
  const key = blobKey(file.digest);
  const told = { name: file.path, onProgress, signal };
  let blob = await driver.localPath?.(key, told);
  if (blob !== undefined && !(await isContent(blob, file, stamps))) {
    if (driver.dropLocalPath === undefined) {
      return false;
    }
    await driver.dropLocalPath(key); // a copy: the store itself may have it sound
    blob = await driver.localPath?.(key, told);
  }
  if (blob === undefined) {
    return false;
  }
  return await link(blob, path).then(
    () => true,
    () => false,
  );
}

async function isWhole(folder: string, content: FolderContent): Promise<boolean> {
  for (const file of content.files) {
    content.signal?.throwIfAborted();
    if (!(await isContent(join(folder, file.path), file, content.stamps))) {
      return false;
    }
  }
  for (const [name, text] of content.documents ?? []) {
    const found = await collect(filePieces(join(folder, name))).catch(() => undefined);
    if (found === undefined || Buffer.concat(found).toString() !== text) {
      return false;
    }
  }
  return true;
}

async function isContent(
  path: string,
  file: StoredFile,
  stamps: FileStamps | undefined,
): Promise<boolean> {
  if (await stamps?.isKnown(path, file)) {
    return true;
  }
  try {
    for await (const _ of verified(filePieces(path), file, basename(path))) {
      // reading is the check
    }
    await stamps?.note(path, file);
    return true;
  } catch {
    return false; // absent, cut short or changed: made anew
  }
}

function ignoreAbsent(error: unknown): void {
  if (systemCode(error) !== "ENOENT") {
    throw error;
  }
}

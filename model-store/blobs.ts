/**
 * Bytes by their content. What is there already is not sent again, and whatever is read is checked against its digest.
 *
 * @module
 */
import { createReadStream } from "node:fs";
import { BentoError } from "../core/bento-error.ts";
import type { Digest } from "../core/digest.ts";
import type { StoredFile } from "../core/model-manifest.ts";
import { verified } from "../oci/verified.ts";
import { countBytes, type ProgressOptions } from "./count-bytes.ts";
import { diskError } from "./disk-error.ts";
import type { Driver, WaitOptions } from "./driver.ts";
import { blobKey } from "./keys.ts";

/** Long enough for a disk to be read at its speed, short enough for hashing one to hold up nothing else. */
const PIECE_BYTES = 1024 * 1024;

/** Content with its digest and size known and its bytes at hand. */
export interface BlobSource {
  readonly digest: Digest;
  readonly size: number;
  /** The bytes from the start, at each call. */
  open(): AsyncIterable<Uint8Array>;
}

export interface PutBlobOptions extends WaitOptions, ProgressOptions {
  /** Step name of the progress events, e.g. the file's path. */
  readonly step: string;
}

/**
 * Stores content unless the store has it.
 *
 * @throws BentoError BENTO_INTEGRITY when the bytes are no longer those of the digest
 */
export async function putBlob(
  driver: Driver,
  source: BlobSource,
  { step, onProgress, signal }: PutBlobOptions,
): Promise<"created" | "exists"> {
  const key = blobKey(source.digest);
  if ((await driver.head(key, { signal })) !== undefined) {
    return "exists";
  }
  const { digest, size } = source;
  const open = () => countBytes(source.open(), { step, totalBytes: size, onProgress });
  return await driver.put(key, { digest, size, open }, { signal });
}

/**
 * The bytes of a file of a model or bento, checked while they are read.
 *
 * @throws BentoError BENTO_NOT_FOUND when the store lacks them, BENTO_INTEGRITY at the end when they are damaged
 */
export async function openBlob(
  driver: Driver,
  file: StoredFile,
  options?: WaitOptions,
): Promise<AsyncIterable<Uint8Array>> {
  const where = `${driver.url} ${blobKey(file.digest)}`;
  return hinted(verified(await openUnchecked(driver, file, options), file, where));
}

/**
 * The same for a reader that compares them itself, as {@link Driver.put} does.
 *
 * @throws BentoError BENTO_NOT_FOUND when the store lacks them
 */
export async function openUnchecked(
  driver: Driver,
  file: StoredFile,
  options?: WaitOptions,
): Promise<AsyncIterable<Uint8Array>> {
  const key = blobKey(file.digest);
  const pieces = await driver.open(key, options);
  if (pieces === undefined) {
    throw new BentoError(
      "BENTO_NOT_FOUND",
      `the store has no bytes for ${file.path} (${file.digest})`,
      {
        where: `${driver.url} ${key}`,
        hint: "import the model or bento that it belongs to again: only what is missing is stored",
      },
    );
  }
  return pieces;
}

async function* hinted(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  try {
    yield* pieces;
  } catch (error) {
    throw damaged(error);
  }
}

/**
 * What to do about bytes that are not those of their digest; other errors come back as they are.
 *
 * @param where - of the bytes, when the error names another place
 */
export function damaged(error: unknown, where?: string): unknown {
  if (!BentoError.isInstance(error) || error.code !== "BENTO_INTEGRITY") {
    return error;
  }
  return new BentoError(error.code, error.message, {
    where: where ?? error.where,
    hint: "delete that file from the store and import the model or bento again: only it is stored anew",
    cause: error,
  });
}

/** A file on disk as pieces; failures are named by its path. */
export async function* filePieces(path: string): AsyncGenerator<Uint8Array, void> {
  try {
    yield* createReadStream(path, { highWaterMark: PIECE_BYTES });
  } catch (error) {
    throw diskError(error, "read", path);
  }
}

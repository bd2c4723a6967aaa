/**
 * Files on disk as sources of bytes: ranges for the ONNX reader, and content with its digest for the store.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { stat } from "node:fs/promises";
import { BentoError } from "../core/bento-error.ts";
import type { ByteSource } from "../core/onnx-wire.ts";
import { type OnProgress, silent } from "../core/progress.ts";
import { type BlobSource, filePieces } from "./blobs.ts";
import { diskError } from "./disk-error.ts";

/**
 * Opens a file for reading ranges.
 *
 * @throws BentoError BENTO_NOT_FOUND when there is none, BENTO_INVALID_INPUT when it is no file, BENTO_IO otherwise
 */
export function openByteSource(path: string): ByteSource & Disposable {
  try {
    const file = openSync(path, "r");
    const found = fstatSync(file);
    const close = () => closeSync(file);
    if (!found.isFile()) {
      close();
      throw notAFile(path);
    }
    return {
      size: found.size,
      read(offset, length) {
        const bytes = Buffer.alloc(length);
        return bytes.subarray(0, readSync(file, bytes, 0, length, offset));
      },
      [Symbol.dispose]: close,
    };
  } catch (error) {
    throw diskError(error, "read", path);
  }
}

/** The refusal of pipes, devices and sockets, which can be read only once or never end. */
export function notAFile(path: string): BentoError {
  return new BentoError("BENTO_INVALID_INPUT", `not a file: ${path}`, {
    where: path,
    hint: "write it to a file first and name that",
  });
}

/** Bytes in memory as a source. */
export function bytesSource(bytes: Uint8Array): ByteSource {
  return { size: bytes.length, read: (offset, length) => bytes.subarray(offset, offset + length) };
}

export interface HashFileOptions {
  readonly signal?: AbortSignal | undefined;
  /** Step name of the progress events. */
  readonly step: string;
  readonly onProgress?: OnProgress | undefined;
}

/** Reads a file once for its digest and size; `open` reads it again. */
export async function fileBlob(
  path: string,
  { signal, step, onProgress = silent }: HashFileOptions,
): Promise<BlobSource> {
  const hash = createHash("sha256");
  let size = 0;
  const totalBytes = (await stat(path).catch(() => undefined))?.size ?? 0; // reading says what is wrong
  for await (const piece of filePieces(path)) {
    signal?.throwIfAborted();
    hash.update(piece);
    size += piece.length;
    onProgress({ kind: "step-progress", step, doneBytes: size, totalBytes });
  }
  return { digest: `sha256:${hash.digest("hex")}`, size, open: () => filePieces(path) };
}

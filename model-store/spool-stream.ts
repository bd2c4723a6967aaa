/**
 * A stream of bytes as a file: what comes only once and is of unknown length can then be read as often as a model is
 * read. Memory holds one piece at a time.
 *
 * @module
 */
import { mkdir, mkdtemp, open, rm } from "node:fs/promises";
import { join } from "node:path";
import { inspect } from "node:util";
import { BentoError } from "../core/bento-error.ts";
import { silent } from "../core/progress.ts";
import { unlessAborted } from "../core/unless-aborted.ts";
import { sweepLeftovers } from "../oci/leftovers.ts";
import type { ProgressOptions } from "./count-bytes.ts";
import { diskError } from "./disk-error.ts";
import type { WaitOptions } from "./driver.ts";

/** Bytes in pieces: a generator, a `Readable` of Node, the body of a `fetch`. It is read once, to its end. */
export type ByteStreamInput = AsyncIterable<Uint8Array> | ReadableStream<Uint8Array>;

/** A stream's bytes; gone from the disk when it is disposed. */
export interface SpooledFile extends AsyncDisposable {
  readonly path: string;
  /** What people call it in its errors. */
  readonly where: string;
}

const FOLDER_PREFIX = "save-";
const WHERE = "the given stream";
const STEP = "receive model.onnx";

/**
 * Reads a stream to its end.
 *
 * @param folder - for the file; made when absent
 * @throws BentoError BENTO_INVALID_INPUT when a piece is no bytes, BENTO_IO when they cannot be kept; what the stream
 * throws is thrown as it is
 */
export async function spoolStream(
  stream: ByteStreamInput,
  folder: string,
  options: WaitOptions & ProgressOptions = {},
): Promise<SpooledFile> {
  options.signal?.throwIfAborted();
  await sweepLeftovers([folder], { isTemporary: (name) => name.startsWith(FOLDER_PREFIX) });
  const own = await makeFolder(folder);
  const remove = () => rm(own, { recursive: true, force: true });
  try {
    const path = join(own, "model.onnx");
    await writeStream(stream, path, options);
    return { path, where: WHERE, [Symbol.asyncDispose]: remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function makeFolder(folder: string): Promise<string> {
  try {
    await mkdir(folder, { recursive: true });
    return await mkdtemp(join(folder, FOLDER_PREFIX));
  } catch (error) {
    throw diskError(error, "write", folder);
  }
}

async function writeStream(
  stream: ByteStreamInput,
  path: string,
  { onProgress = silent, signal }: WaitOptions & ProgressOptions,
): Promise<void> {
  const pieces = stream[Symbol.asyncIterator]();
  await using file = await open(path, "wx");
  let doneBytes = 0;
  let isRead = false;
  try {
    for (;;) {
      const next = await unlessAborted(pieces.next(), signal);
      if (next.done === true) {
        break;
      }
      await file.writeFile(checkPiece(next.value)).catch((error: unknown) => {
        throw diskError(error, "write", path);
      });
      doneBytes += next.value.length;
      onProgress({ kind: "step-progress", step: STEP, doneBytes });
    }
    isRead = true;
    onProgress({ kind: "step-progress", step: STEP, doneBytes, totalBytes: doneBytes });
  } finally {
    if (!isRead) {
      // not waited for: a source that hangs hangs here too
      void Promise.resolve(pieces.return?.()).catch(() => {});
    }
  }
}

function checkPiece(piece: unknown): Uint8Array {
  if (piece instanceof Uint8Array) {
    return piece;
  }
  throw new BentoError(
    "BENTO_INVALID_INPUT",
    `expected bytes, got ${inspect(piece).slice(0, 60)}`,
    {
      where: WHERE,
      hint: "give a stream of Uint8Array or Buffer, without an encoding",
    },
  );
}

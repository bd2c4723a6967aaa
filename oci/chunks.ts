/**
 * Streams of bytes as this folder passes them on: async iterables of chunks whose borders mean nothing.
 * What depends on borders (compressed bytes do) cuts them anew first.
 *
 * @module
 */
import { BentoError } from "../core/bento-error.ts";

/** Bytes in order; a chunk belongs to its receiver. */
export type ByteStream = AsyncIterable<Uint8Array>;

/**
 * The same bytes in chunks of one size, the last one shorter.
 *
 * @param chunkBytes - length of a chunk, at least 1
 */
export async function* rechunk(source: ByteStream, chunkBytes: number): AsyncGenerator<Buffer> {
  let chunk = Buffer.allocUnsafe(chunkBytes);
  let filled = 0;
  for await (const piece of source) {
    for (let from = 0; from < piece.length; ) {
      const taken = Math.min(piece.length - from, chunkBytes - filled);
      chunk.set(piece.subarray(from, from + taken), filled);
      from += taken;
      filled += taken;
      if (filled === chunkBytes) {
        yield chunk;
        chunk = Buffer.allocUnsafe(chunkBytes);
        filled = 0;
      }
    }
  }
  if (filled > 0) {
    yield chunk.subarray(0, filled);
  }
}

/**
 * All bytes at once, for documents.
 *
 * @param limitBytes - most bytes that are taken
 * @param where - what is read, for the message
 * @throws BentoError BENTO_INVALID_INPUT when there are more
 */
export async function collect(
  source: ByteStream,
  limitBytes: number,
  where: string,
): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of source) {
    size += chunk.length;
    if (size > limitBytes) {
      throw new BentoError("BENTO_INVALID_INPUT", `more than ${limitBytes} bytes`, { where });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

/** A stream of bytes that are at hand. */
export async function* streamOf(...chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

/**
 * Deterministic gzip: no name, no time, operating system "unknown". `stored` frames bytes without compressing them, in
 * blocks of a fixed length: weights hardly shrink, and framing runs as fast as hashing.
 *
 * @module
 */
import { pipeline } from "node:stream/promises";
import { crc32, createDeflateRaw, createGunzip } from "node:zlib";
import { type ByteStream, rechunk } from "./chunks.ts";

/** `stored`: framed only. `gzip`: deflate at level 6. */
export type Compression = "stored" | "gzip";

/** Magic, method 8, no flags, time 0, no extra flags, operating system 255. */
const HEADER = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);
const TRAILER_BYTES = 8;
/** The longest stored block of RFC 1951. */
const STORED_BYTES = 65_535;
const BLOCK_HEADER_BYTES = 5;
const STORED_END = Buffer.from([1, 0, 0, 0xff, 0xff]);
/** Input is cut into equal pieces before it is compressed: output must not depend on how a disk or socket chunks. */
const PIECE_BYTES = 16 * STORED_BYTES;

/** Compresses a stream; the same bytes in give the same bytes out, however they are chunked. */
export async function* gzip(
  source: ByteStream,
  compression: Compression,
): AsyncGenerator<Uint8Array> {
  const sum = { crc: 0, size: 0 };
  const pieces = summed(rechunk(source, PIECE_BYTES), sum);
  yield HEADER;
  yield* compression === "stored" ? storedBlocks(pieces) : deflated(pieces);
  const trailer = Buffer.alloc(TRAILER_BYTES);
  trailer.writeUInt32LE(sum.crc, 0);
  trailer.writeUInt32LE(sum.size % 2 ** 32, 4);
  yield trailer;
}

/** Length in bytes of `stored` output for an input of `size` bytes, by arithmetic. */
export function storedGzipBytes(size: number): number {
  const blocks = Math.ceil(size / STORED_BYTES) + 1;
  return HEADER.length + size + blocks * BLOCK_HEADER_BYTES + TRAILER_BYTES;
}

/**
 * Reads any gzip stream.
 *
 * @throws Error of zlib when it is none, is cut short or has a wrong checksum
 */
export async function* gunzip(source: ByteStream): AsyncGenerator<Uint8Array> {
  yield* through(source, createGunzip({ chunkSize: 256 * 1024 }));
}

async function* summed(
  source: ByteStream,
  sum: { crc: number; size: number },
): AsyncGenerator<Uint8Array> {
  for await (const chunk of source) {
    sum.crc = crc32(chunk, sum.crc);
    sum.size += chunk.length;
    yield chunk;
  }
}

async function* storedBlocks(pieces: ByteStream): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    const blocks = Math.ceil(piece.length / STORED_BYTES);
    const framed = Buffer.allocUnsafe(piece.length + blocks * BLOCK_HEADER_BYTES);
    let at = 0;
    for (let from = 0; from < piece.length; from += STORED_BYTES) {
      const block = piece.subarray(from, from + STORED_BYTES);
      at = framed.writeUInt8(0, at);
      at = framed.writeUInt16LE(block.length, at);
      at = framed.writeUInt16LE(block.length ^ 0xffff, at);
      framed.set(block, at);
      at += block.length;
    }
    yield framed;
  }
  yield STORED_END;
}

function deflated(pieces: ByteStream): AsyncGenerator<Uint8Array> {
  return through(pieces, createDeflateRaw({ level: 6, chunkSize: 256 * 1024 }));
}

async function* through(
  source: ByteStream,
  transform: ReturnType<typeof createDeflateRaw> | ReturnType<typeof createGunzip>,
): AsyncGenerator<Uint8Array> {
  const fed = pipeline(source, transform);
  // A failure also destroys the transform, so the loop below throws it; this one must not count as unhandled.
  fed.catch(() => {});
  for await (const chunk of transform) {
    yield chunk;
  }
  await fed;
}

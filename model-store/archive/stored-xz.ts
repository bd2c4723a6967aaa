/**
 * Frames bytes as an xz stream without compressing them: weights hardly shrink, and any reader of xz reads it. The
 * same bytes in give the same bytes out. The format: https://tukaani.org/xz/xz-file-format.txt (read 2026-11).
 *
 * @module
 */
import { crc32 } from "node:zlib";
import { type ByteStream, rechunk } from "../../oci/chunks.ts";

const MAGIC = Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]);
/** CRC32 is the check of each block. */
const STREAM_FLAGS = Buffer.from([0, 1]);
const CHECK_BYTES = 4;
/** 12 bytes, one filter, LZMA2 with one byte of properties: a window of 64 KiB; padding. */
const BLOCK_HEADER = Buffer.from([2, 0, 0x21, 1, 8, 0, 0, 0]);
/** The longest chunk that LZMA2 takes as it is. */
const CHUNK_BYTES = 65_536;
const FIRST_CHUNK = 1;
const NEXT_CHUNK = 2;
const CHUNK_HEADER_BYTES = 3;

/** Frames a stream as one block. */
export async function* storedXz(source: ByteStream): AsyncGenerator<Uint8Array> {
  yield Buffer.concat([MAGIC, STREAM_FLAGS, sumOf(STREAM_FLAGS)]);
  const header = Buffer.concat([BLOCK_HEADER, sumOf(BLOCK_HEADER)]);
  yield header;
  let sum = 0;
  let size = 0;
  let framed = 1; // the byte that ends the chunks
  for await (const chunk of rechunk(source, CHUNK_BYTES)) {
    yield chunkHeader(chunk.length, size === 0);
    yield chunk;
    sum = crc32(chunk, sum);
    size += chunk.length;
    framed += CHUNK_HEADER_BYTES + chunk.length;
  }
  yield Buffer.concat([Buffer.alloc(1), padding(framed), uint32(sum)]);
  const index = indexOf(header.length + framed + CHECK_BYTES, size);
  yield index;
  const backward = Buffer.concat([uint32(index.length / 4 - 1), STREAM_FLAGS]);
  yield Buffer.concat([sumOf(backward), backward, Buffer.from("YZ")]);
}

function chunkHeader(length: number, isFirst: boolean): Buffer {
  const header = Buffer.from([isFirst ? FIRST_CHUNK : NEXT_CHUNK, 0, 0]);
  header.writeUInt16BE(length - 1, 1);
  return header;
}

/** Lengths of the one block: in the archive without its padding, and unpacked. */
function indexOf(unpaddedBytes: number, bytes: number): Buffer {
  const records = Buffer.from([0, 1, ...varint(unpaddedBytes), ...varint(bytes)]);
  const padded = Buffer.concat([records, padding(records.length)]);
  return Buffer.concat([padded, sumOf(padded)]);
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  return [...bytes, rest];
}

/** Up to a multiple of four. */
function padding(length: number): Buffer {
  return Buffer.alloc((4 - (length % 4)) % 4);
}

function sumOf(bytes: Uint8Array): Buffer {
  return uint32(crc32(bytes));
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

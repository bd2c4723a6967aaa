/**
 * Reads files out of a zip archive on disk as streams, as NuGet packages are. Archives of more than 4 GB are not read.
 *
 * @module
 */
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { createInflateRaw } from "node:zlib";
import { BentoError } from "../../core/bento-error.ts";
import type { ByteStream } from "../../oci/chunks.ts";

export interface ZipEntry {
  readonly path: string;
  /** Length in bytes, unpacked, as the archive says. */
  readonly size: number;
  /** The bytes, unpacked; whoever needs to be sure of them compares a digest. */
  open(): ByteStream;
}

const END_SIGNATURE = 0x06054b50;
const ENTRY_SIGNATURE = 0x02014b50;
const END_BYTES = 22;
const ENTRY_BYTES = 46;
const LOCAL_BYTES = 30;
/** The end record may be followed by a comment of this length. */
const COMMENT_BYTES = 65_535;
const STORED = 0;
const DEFLATED = 8;

/**
 * @returns what the archive lists, in its order
 * @throws BentoError BENTO_INTEGRITY when it is no whole zip archive
 */
export async function readZip(path: string): Promise<ZipEntry[]> {
  await using file = await open(path, "r");
  const { size } = await file.stat();
  const readAt = async (offset: number, length: number) => {
    const bytes = Buffer.alloc(Math.max(0, Math.min(length, size - offset)));
    await file.read(bytes, 0, bytes.length, offset);
    return bytes;
  };
  const tail = await readAt(
    Math.max(0, size - END_BYTES - COMMENT_BYTES),
    END_BYTES + COMMENT_BYTES,
  );
  const end = tail.lastIndexOf(uint32(END_SIGNATURE));
  if (end < 0 || end + END_BYTES > tail.length) {
    throw damaged(path);
  }
  const directory = await readAt(tail.readUInt32LE(end + 16), tail.readUInt32LE(end + 12));
  const entries: ZipEntry[] = [];
  for (let at = 0; at < directory.length; ) {
    const known = directory.subarray(at, at + ENTRY_BYTES);
    if (known.length < ENTRY_BYTES || known.readUInt32LE(0) !== ENTRY_SIGNATURE) {
      throw damaged(path);
    }
    const nameBytes = known.readUInt16LE(28);
    const local = await readAt(known.readUInt32LE(42), LOCAL_BYTES);
    if (local.length < LOCAL_BYTES) {
      throw damaged(path);
    }
    const start =
      known.readUInt32LE(42) + LOCAL_BYTES + local.readUInt16LE(26) + local.readUInt16LE(28);
    const place = { path, start, length: known.readUInt32LE(20), method: known.readUInt16LE(10) };
    entries.push({
      path: directory.toString("utf8", at + ENTRY_BYTES, at + ENTRY_BYTES + nameBytes),
      size: known.readUInt32LE(24),
      open: () => unpacked(place),
    });
    at += ENTRY_BYTES + nameBytes + known.readUInt16LE(30) + known.readUInt16LE(32);
  }
  return entries;
}

interface Place {
  readonly path: string;
  readonly start: number;
  readonly length: number;
  readonly method: number;
}

async function* unpacked({ path, start, length, method }: Place): AsyncGenerator<Uint8Array> {
  if (length === 0) {
    return;
  }
  const packed = createReadStream(path, { start, end: start + length - 1 });
  if (method === STORED) {
    yield* packed;
    return;
  }
  if (method !== DEFLATED) {
    throw damaged(path);
  }
  const inflate = createInflateRaw({ chunkSize: 256 * 1024 });
  const fed = pipeline(packed, inflate);
  fed.catch(() => {}); // a failure also ends the loop below, which throws it
  for await (const chunk of inflate) {
    yield chunk;
  }
  await fed;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function damaged(path: string): BentoError {
  return new BentoError("BENTO_INTEGRITY", "not a whole zip archive", {
    where: path,
    hint: "fetch it again",
  });
}

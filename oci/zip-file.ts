/**
 * Reads files out of a zip archive on disk as streams. The directory at its end is what counts; every file is held to
 * the length and checksum that it states there.
 *
 * @module
 */
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { crc32, createInflateRaw } from "node:zlib";
import { BentoError } from "../core/bento-error.ts";
import type { ByteStream } from "./chunks.ts";
import { damagedZip, LOCAL_BYTES, readDirectory, type ZipRecord } from "./zip-directory.ts";

export interface ZipEntry {
  /** As the archive says; nothing is known of where it leads. */
  readonly path: string;
  /** Length in bytes, unpacked. */
  readonly size: number;
  /** Type and permissions as Unix has them; 0 where the archive was made elsewhere. */
  readonly unixMode: number;
  /**
   * The bytes, unpacked.
   *
   * @throws BentoError BENTO_INTEGRITY when they are other than the archive's directory says
   */
  open(): ByteStream;
}

const STORED = 0;
const DEFLATED = 8;

/**
 * @returns what the archive lists, in its order
 * @throws BentoError BENTO_INTEGRITY when it is no whole zip archive, or files in it share bytes
 */
export async function readZip(path: string): Promise<ZipEntry[]> {
  await using file = await open(path, "r");
  const { size } = await file.stat();
  const readAt = async (offset: number, length: number) => {
    const bytes = Buffer.alloc(Math.max(0, Math.min(length, size - offset)));
    await file.read(bytes, 0, bytes.length, offset);
    return bytes;
  };
  const records = await readDirectory({ path, size, readAt });
  const packed = records.reduce((sum, record) => sum + record.packedSize, 0);
  if (packed > size) {
    throw damagedZip(path); // files that share bytes: a bomb
  }
  const entries: ZipEntry[] = [];
  for (const record of records) {
    const local = await readAt(record.offset, LOCAL_BYTES);
    if (local.length < LOCAL_BYTES) {
      throw damagedZip(path);
    }
    const start = record.offset + LOCAL_BYTES + local.readUInt16LE(26) + local.readUInt16LE(28);
    entries.push({
      path: record.path,
      size: record.size,
      unixMode: record.unixMode,
      open: () => checked(unpacked(path, record, start), record, path),
    });
  }
  return entries;
}

async function* checked(
  source: ByteStream,
  { size, crc, path: name }: ZipRecord,
  where: string,
): AsyncGenerator<Uint8Array> {
  let length = 0;
  let sum = 0;
  for await (const piece of source) {
    length += piece.length;
    sum = crc32(piece, sum);
    if (length > size) {
      break;
    }
    yield piece;
  }
  if (length !== size || sum !== crc) {
    throw new BentoError("BENTO_INTEGRITY", `${JSON.stringify(name)} is damaged in the archive`, {
      where,
      hint: "fetch it again",
    });
  }
}

async function* unpacked(
  path: string,
  { packedSize, method, isEncrypted }: ZipRecord,
  start: number,
): AsyncGenerator<Uint8Array> {
  if (isEncrypted || (method !== STORED && method !== DEFLATED)) {
    throw new BentoError(
      "BENTO_INVALID_INPUT",
      isEncrypted ? "the archive is encrypted" : `no zip method is read with the number ${method}`,
      { where: path, hint: "unpack it and pack it again, with deflate and without a password" },
    );
  }
  if (packedSize === 0) {
    return;
  }
  const packed = createReadStream(path, { start, end: start + packedSize - 1 });
  if (method === STORED) {
    yield* packed;
    return;
  }
  const inflate = createInflateRaw({ chunkSize: 256 * 1024 });
  const fed = pipeline(packed, inflate);
  fed.catch(() => {}); // a failure also ends the loop below, which throws it
  for await (const chunk of inflate) {
    yield chunk;
  }
  await fed;
}

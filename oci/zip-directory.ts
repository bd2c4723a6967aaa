/**
 * The directory at the end of a zip archive: what is in it and where. Lengths above 4 GB are read as zip64 has them.
 *
 * @module
 */
import { BentoError } from "../core/bento-error.ts";

/** One line of the directory. */
export interface ZipRecord {
  readonly path: string;
  /** Length in bytes, unpacked. */
  readonly size: number;
  /** Length in bytes in the archive. */
  readonly packedSize: number;
  /** Of the unpacked bytes, as `crc32` of node:zlib gives it. */
  readonly crc: number;
  /** 0 stored, 8 deflated. */
  readonly method: number;
  readonly isEncrypted: boolean;
  /** Type and permissions as Unix has them; 0 where the archive was made elsewhere. */
  readonly unixMode: number;
  /** Of its local header. */
  readonly offset: number;
}

/** An archive that can be read in parts. */
export interface ZipSource {
  readonly path: string;
  readonly size: number;
  /** Fewer bytes at the end. */
  readAt(offset: number, length: number): Promise<Buffer>;
}

const END_SIGNATURE = 0x06054b50;
const END64_SIGNATURE = 0x06064b50;
const LOCATOR64_SIGNATURE = 0x07064b50;
const ENTRY_SIGNATURE = 0x02014b50;
const END_BYTES = 22;
const END64_BYTES = 56;
const LOCATOR64_BYTES = 20;
const ENTRY_BYTES = 46;
/** Of the header before each file's bytes. */
export const LOCAL_BYTES = 30;
/** The end record may be followed by a comment of this length. */
const COMMENT_BYTES = 65_535;
/** The directory is held in memory; archives of models and packages have far fewer lines. */
const DIRECTORY_LIMIT_BYTES = 64 * 1024 * 1024;
/** What a field of four bytes holds when the value stands in the zip64 part. */
const ELSEWHERE = 0xffff_ffff;
const ZIP64_EXTRA = 1;
const MADE_ON_UNIX = 3;

/** @throws BentoError BENTO_INTEGRITY when it is no whole zip archive */
export async function readDirectory(source: ZipSource): Promise<ZipRecord[]> {
  const { path } = source;
  const { offset, length } = await findDirectory(source);
  if (length > DIRECTORY_LIMIT_BYTES) {
    throw damagedZip(path);
  }
  const directory = await source.readAt(offset, length);
  if (directory.length < length) {
    throw damagedZip(path);
  }
  const records: ZipRecord[] = [];
  for (let at = 0; at < directory.length; ) {
    const known = directory.subarray(at, at + ENTRY_BYTES);
    if (known.length < ENTRY_BYTES || known.readUInt32LE(0) !== ENTRY_SIGNATURE) {
      throw damagedZip(path);
    }
    const nameEnd = at + ENTRY_BYTES + known.readUInt16LE(28);
    const extraEnd = nameEnd + known.readUInt16LE(30);
    const name = directory.toString("utf8", at + ENTRY_BYTES, nameEnd);
    records.push(recordOf(known, name, zip64Numbers(directory.subarray(nameEnd, extraEnd))));
    at = extraEnd + known.readUInt16LE(32);
  }
  return records;
}

/** The refusal of what cannot be read as a zip archive. */
export function damagedZip(path: string): BentoError {
  return new BentoError("BENTO_INTEGRITY", "not a whole zip archive", {
    where: path,
    hint: "fetch it again",
  });
}

function recordOf(known: Buffer, path: string, large: number[]): ZipRecord {
  // in this order, those of the three that do not fit
  const [size = 0, packedSize = 0, offset = 0] = [24, 20, 42].map((at) => {
    const value = known.readUInt32LE(at);
    return value === ELSEWHERE ? (large.shift() ?? value) : value;
  });
  return {
    path,
    size,
    packedSize,
    offset,
    crc: known.readUInt32LE(16),
    method: known.readUInt16LE(10),
    isEncrypted: (known.readUInt16LE(8) & 1) !== 0,
    unixMode: known.readUInt8(5) === MADE_ON_UNIX ? known.readUInt16LE(40) : 0,
  };
}

/** The numbers of eight bytes in an entry's extra fields. */
function zip64Numbers(extra: Buffer): number[] {
  for (let at = 0; at + 4 <= extra.length; ) {
    const length = extra.readUInt16LE(at + 2);
    const field = extra.subarray(at + 4, at + 4 + length);
    if (extra.readUInt16LE(at) === ZIP64_EXTRA) {
      const count = Math.min(3, Math.floor(field.length / 8));
      return Array.from({ length: count }, (_, index) => large(field, index * 8));
    }
    at += 4 + length;
  }
  return [];
}

async function findDirectory({
  path,
  size,
  readAt,
}: ZipSource): Promise<{ offset: number; length: number }> {
  const tailStart = Math.max(0, size - END_BYTES - COMMENT_BYTES);
  const tail = await readAt(tailStart, END_BYTES + COMMENT_BYTES);
  const end = tail.lastIndexOf(uint32(END_SIGNATURE));
  if (end < 0 || end + END_BYTES > tail.length) {
    throw damagedZip(path);
  }
  const locator = await readAt(Math.max(0, tailStart + end - LOCATOR64_BYTES), LOCATOR64_BYTES);
  if (locator.length < LOCATOR64_BYTES || locator.readUInt32LE(0) !== LOCATOR64_SIGNATURE) {
    return { offset: tail.readUInt32LE(end + 16), length: tail.readUInt32LE(end + 12) };
  }
  const end64 = await readAt(large(locator, 8), END64_BYTES);
  if (end64.length < END64_BYTES || end64.readUInt32LE(0) !== END64_SIGNATURE) {
    throw damagedZip(path);
  }
  return { offset: large(end64, 48), length: large(end64, 40) };
}

/** A number of eight bytes; one that is too large to be a place in a file is the largest that is exact. */
function large(bytes: Buffer, at: number): number {
  const value = bytes.readBigUInt64LE(at);
  return value > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(value);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

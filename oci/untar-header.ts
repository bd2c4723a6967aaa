/**
 * Reads the headers of tar archives that others wrote: ustar, pax, and GNU's long names and binary sizes.
 *
 * @module
 */
import { BentoError } from "../core/bento-error.ts";

/** What a header block says, before pax records replace some of it. */
export interface RawHeader {
  readonly path: string;
  readonly link: string;
  readonly size: number;
  readonly mode: number;
  /** One character; NUL is written as `0`. */
  readonly type: string;
}

/** Records of a pax header, by key. */
export type PaxRecords = ReadonlyMap<string, string>;

/**
 * @param block - 512 bytes that are not all zero
 * @throws BentoError BENTO_INTEGRITY when the checksum or a number is wrong
 */
export function parseHeader(block: Buffer): RawHeader {
  const sum = block.reduce(
    (total, byte, index) => total + (index >= 148 && index < 156 ? 0x20 : byte),
    0,
  );
  if (sum !== number(block, 148, 8)) {
    throw damaged("a header's checksum is wrong");
  }
  const name = text(block, 0, 100);
  // GNU's old format keeps times where ustar has its prefix.
  const prefix = block.toString("latin1", 257, 263) === "ustar\0" ? text(block, 345, 155) : "";
  const type = block.toString("latin1", 156, 157);
  return {
    path: prefix === "" ? name : `${prefix}/${name}`,
    link: text(block, 157, 100),
    size: number(block, 124, 12),
    mode: number(block, 100, 8),
    type: type === "\0" ? "0" : type,
  };
}

/**
 * @param bytes - content of an `x` or `g` entry
 * @throws BentoError BENTO_INTEGRITY when a record's length does not fit
 */
export function parsePax(bytes: Buffer): PaxRecords {
  const records = new Map<string, string>();
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(" ", at);
    const length = Number(bytes.toString("latin1", at, Math.max(space, at)));
    const equals = bytes.indexOf("=", space);
    const end = at + length;
    if (!(length > 0) || end > bytes.length || equals < 0 || equals >= end) {
      throw damaged("a pax record has a wrong length");
    }
    records.set(
      bytes.toString("utf8", space + 1, equals),
      bytes.toString("utf8", equals + 1, end - 1),
    );
    at = end;
  }
  return records;
}

/** The error for an archive that breaks its own format. */
export function damaged(message: string): BentoError {
  return new BentoError("BENTO_INTEGRITY", message, {
    where: "archive",
    hint: "it is cut short or no tar archive; fetch it again",
  });
}

function text(block: Buffer, from: number, length: number): string {
  const end = block.indexOf(0, from);
  return block.toString("utf8", from, end < 0 ? from + length : Math.min(end, from + length));
}

function number(block: Buffer, from: number, length: number): number {
  if (((block[from] ?? 0) & 0x80) !== 0) {
    // GNU: the rest of the field is one big-endian number.
    const value = block.readUIntBE(from + length - 6, 6);
    const isSmall = block.subarray(from + 1, from + length - 6).every((byte) => byte === 0);
    if (!isSmall || block[from] !== 0x80) {
      throw damaged("a number is out of range");
    }
    return value;
  }
  const digits = block
    .toString("latin1", from, from + length)
    .replace(/[\0 ]+$/, "")
    .trimStart();
  if (!/^[0-7]*$/.test(digits)) {
    throw damaged(`not an octal number: ${JSON.stringify(digits)}`);
  }
  return digits === "" ? 0 : Number.parseInt(digits, 8);
}

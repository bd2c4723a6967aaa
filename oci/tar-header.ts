/**
 * Headers of tar entries: ustar, with a pax record only for what ustar cannot say. Owner 0:0 without names, time 0 and
 * one of five modes, so that the bytes depend on path, kind and length alone.
 *
 * @module
 */
import type { TarEntry } from "./tar-entry.ts";
import { archivePath } from "./tar-plan.ts";

/** Length of a block; headers and contents fill whole blocks. */
export const BLOCK_BYTES = 512;

/** ustar's size field has 11 octal digits. */
const USTAR_SIZE_LIMIT = 8 ** 11;
const EMPTY = Buffer.alloc(0);

/** All blocks that stand before an entry's content. */
export function tarHeader(entry: TarEntry): Buffer {
  const path = archivePath(entry);
  const link = entry.kind === "symlink" ? Buffer.from(entry.target) : EMPTY;
  const size = entry.kind === "file" ? entry.size : 0;
  const names = splitPath(path);
  const pax = Buffer.concat([
    names === undefined ? paxRecord("path", path) : EMPTY,
    link.length > 100 ? paxRecord("linkpath", link) : EMPTY,
    size >= USTAR_SIZE_LIMIT ? paxRecord("size", Buffer.from(String(size))) : EMPTY,
  ]);
  const header = ustarBlock({
    name: names?.name ?? path.subarray(0, 100),
    prefix: names?.prefix ?? EMPTY,
    mode: modeOf(entry),
    size: size < USTAR_SIZE_LIMIT ? size : 0,
    type: TYPES[entry.kind],
    link: link.subarray(0, 100),
  });
  return pax.length === 0 ? header : Buffer.concat([paxHeader(pax), header]);
}

/** Bytes that fill the last block of a content. */
export function paddingOf(size: number): number {
  return (BLOCK_BYTES - (size % BLOCK_BYTES)) % BLOCK_BYTES;
}

const TYPES = { file: "0", symlink: "2", directory: "5" } as const;

function modeOf(entry: TarEntry): number {
  switch (entry.kind) {
    case "file":
      return entry.executable === true ? 0o755 : 0o644;
    case "directory":
      return entry.shared === true ? 0o1777 : 0o755;
    case "symlink":
      return 0o777;
  }
}

/** ustar's two fields for a path, or undefined when it does not fit: prefix of at most 155 bytes, name of at most 100. */
function splitPath(path: Buffer): { name: Buffer; prefix: Buffer } | undefined {
  if (path.length <= 100) {
    return { name: path, prefix: EMPTY };
  }
  // A directory's own slash is no border: it would leave an empty name.
  const slash = path.lastIndexOf("/", Math.min(155, path.length - 2));
  const name = path.subarray(slash + 1);
  return slash > 0 && name.length <= 100 ? { name, prefix: path.subarray(0, slash) } : undefined;
}

function paxHeader(records: Buffer): Buffer {
  const header = ustarBlock({
    name: Buffer.from("PaxHeader"),
    prefix: EMPTY,
    mode: 0o644,
    size: records.length,
    type: "x",
    link: EMPTY,
  });
  return Buffer.concat([header, records, Buffer.alloc(paddingOf(records.length))]);
}

/** `LENGTH key=value\n`, where the length counts its own digits. */
function paxRecord(key: string, value: Buffer): Buffer {
  const rest = Buffer.concat([Buffer.from(` ${key}=`), value, Buffer.from("\n")]);
  let length = rest.length + 1;
  while (String(length).length + rest.length !== length) {
    length = String(length).length + rest.length;
  }
  return Buffer.concat([Buffer.from(String(length)), rest]);
}

interface UstarFields {
  readonly name: Buffer;
  readonly prefix: Buffer;
  readonly mode: number;
  readonly size: number;
  readonly type: string;
  readonly link: Buffer;
}

function ustarBlock(fields: UstarFields): Buffer {
  const block = Buffer.alloc(BLOCK_BYTES);
  fields.name.copy(block, 0);
  block.write(octal(fields.mode, 7), 100);
  block.write(octal(0, 7), 108);
  block.write(octal(0, 7), 116);
  block.write(octal(fields.size, 11), 124);
  block.write(octal(0, 11), 136);
  block.write(" ".repeat(8), 148);
  block.write(fields.type, 156);
  fields.link.copy(block, 157);
  block.write("ustar\0", 257);
  block.write("00", 263);
  block.write(octal(0, 7), 329);
  block.write(octal(0, 7), 337);
  fields.prefix.copy(block, 345);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return block;
}

function octal(value: number, digits: number): string {
  return `${value.toString(8).padStart(digits, "0")}\0`;
}

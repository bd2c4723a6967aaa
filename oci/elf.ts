/**
 * What a Linux program or library asks of the system that loads it: the libraries and the versions of their symbols.
 * Read from the dynamic section alone; nothing is loaded or run.
 *
 * @module
 */
import * as z from "zod";
import { BentoError } from "../core/bento-error.ts";

/** Kinds of file that stand where a Linux library should. */
export const BinaryFormat = z.enum(["elf", "mach-o", "pe", "other"]);
export type BinaryFormat = z.infer<typeof BinaryFormat>;

export const ElfFacts = z.strictObject({
  /** `x64` or `arm64`; otherwise the number that the file states. */
  machine: z.string(),
  /** Name that others need it by; a file that does not say is known by its file name. */
  soname: z.string().optional(),
  /** Libraries that it needs, by soname. */
  needed: z.array(z.string()),
  /** Versions that it needs, by the soname of the library that has to define them. */
  versionNeeds: z.record(z.string(), z.array(z.string())),
  /** Versions that it defines, as GLIBC_2.34. */
  versionDefinitions: z.array(z.string()),
});
export type ElfFacts = z.infer<typeof ElfFacts>;

/** Reads bytes at a place of a file; fewer at its end. */
export type ReadAt = (offset: number, length: number) => Promise<Buffer>;

const MACHINES: Readonly<Record<number, string>> = { 62: "x64", 183: "arm64" };
const PT_LOAD = 1;
const PT_DYNAMIC = 2;
const [DT_NEEDED, DT_STRTAB, DT_STRSZ, DT_SONAME] = [1, 5, 10, 14];
const [DT_VERDEF, DT_VERDEFNUM, DT_VERNEED, DT_VERNEEDNUM] = [
  0x6ffffffc, 0x6ffffffd, 0x6ffffffe, 0x6fffffff,
];
/** No table of a real library is longer; a longer one is damage. */
const TABLE_LIMIT_BYTES = 64 * 1024 * 1024;
/** The version sections of libc take 2 kB. */
const VERSIONS_LIMIT_BYTES = 256 * 1024;
/** libc has 40 versions; a list of a thousand is damage. */
const RECORD_LIMIT = 1000;
/** A definition with this flag is the file's own name. */
const VER_FLG_BASE = 1;

/** What kind of binary a file begins like. */
export function binaryFormat(head: Uint8Array): BinaryFormat {
  const magic = Buffer.from(head.subarray(0, 4)).toString("hex");
  if (magic === "7f454c46") {
    return "elf";
  }
  if (/^(?:cffaedfe|cefaedfe|feedfacf|feedface|cafebabe)$/.test(magic)) {
    return "mach-o";
  }
  return magic.startsWith("4d5a") ? "pe" : "other";
}

/**
 * @param where - the file, for the message
 * @throws BentoError BENTO_INTEGRITY when it is no whole 64-bit little-endian ELF file
 */
export async function readElf(readAt: ReadAt, where: string): Promise<ElfFacts> {
  const file = { readAt: exactly(readAt, where), readSome: readAt, where };
  const header = await file.readAt(0, 64);
  if (binaryFormat(header) !== "elf" || header[4] !== 2 || header[5] !== 1) {
    throw damaged("not a 64-bit ELF file", where);
  }
  const machine = header.readUInt16LE(18);
  const segments = await readSegments(file, header);
  const dynamic = segments.find(({ type }) => type === PT_DYNAMIC);
  const facts = { machine: MACHINES[machine] ?? String(machine) };
  if (dynamic === undefined) {
    return { ...facts, needed: [], versionNeeds: {}, versionDefinitions: [] }; // linked statically
  }
  const tags = dynamicTags(await file.readAt(dynamic.offset, dynamic.size));
  return { ...facts, ...(await readDynamic(file, segments, tags)) };
}

interface ElfFile {
  /** All of the bytes asked for, or an error. */
  readonly readAt: ReadAt;
  readonly readSome: ReadAt;
  readonly where: string;
}

interface Segment {
  readonly type: number;
  readonly offset: number;
  readonly address: number;
  readonly size: number;
}

async function readSegments(file: ElfFile, header: Buffer): Promise<Segment[]> {
  const [size, count] = [header.readUInt16LE(54), header.readUInt16LE(56)];
  if (size < 56) {
    throw damaged(`program headers of ${size} bytes`, file.where);
  }
  const table = await file.readAt(uint64(header, 32), size * count);
  return Array.from({ length: count }, (_, index) => {
    const at = index * size;
    return {
      type: table.readUInt32LE(at),
      offset: uint64(table, at + 8),
      address: uint64(table, at + 16),
      size: uint64(table, at + 32),
    };
  });
}

type Tags = ReadonlyMap<number, readonly number[]>;

function dynamicTags(section: Buffer): Tags {
  const tags = new Map<number, number[]>();
  for (let at = 0; at + 16 <= section.length; at += 16) {
    const tag = uint64(section, at);
    if (tag === 0) {
      break;
    }
    tags.set(tag, [...(tags.get(tag) ?? []), uint64(section, at + 8)]);
  }
  return tags;
}

async function readDynamic(file: ElfFile, segments: readonly Segment[], tags: Tags) {
  const one = (tag: number) => tags.get(tag)?.[0];
  const offsetOf = (address: number) => fileOffset(segments, address, file.where);
  const stringsAt = one(DT_STRTAB);
  const strings =
    stringsAt === undefined
      ? Buffer.alloc(0)
      : await file.readAt(offsetOf(stringsAt), one(DT_STRSZ) ?? 0);
  const text = (at: number) => cString(strings, at, file.where);
  const soname = one(DT_SONAME);
  const records = async (shape: RecordShape, addressTag: number, countTag: number) => {
    const address = one(addressTag);
    const section =
      address === undefined
        ? Buffer.alloc(0)
        : await file.readSome(offsetOf(address), VERSIONS_LIMIT_BYTES);
    return versionRecords(section, { shape, count: one(countTag) ?? 0, where: file.where });
  };
  const needs = await records(VERNEED, DT_VERNEED, DT_VERNEEDNUM);
  const definitions = await records(VERDEF, DT_VERDEF, DT_VERDEFNUM);
  return {
    ...(soname === undefined ? {} : { soname: text(soname) }),
    needed: (tags.get(DT_NEEDED) ?? []).map(text),
    versionNeeds: Object.fromEntries(
      needs.map(({ record, names }) => [text(record.readUInt32LE(4)), names.map(text).sort()]),
    ),
    versionDefinitions: definitions
      .filter(({ record }) => (record.readUInt16LE(2) & VER_FLG_BASE) === 0)
      .flatMap(({ names }) => names.slice(0, 1).map(text)) // the others are its predecessors
      .sort(),
  };
}

/** Where the fields of a record and of its names stand, in bytes. */
interface RecordShape {
  readonly bytes: number;
  readonly count: number;
  readonly names: number;
  readonly next: number;
  readonly name: { readonly bytes: number; readonly text: number; readonly next: number };
}

const VERNEED: RecordShape = {
  bytes: 16,
  count: 2,
  names: 8,
  next: 12,
  name: { bytes: 16, text: 8, next: 12 },
};
const VERDEF: RecordShape = {
  bytes: 20,
  count: 6,
  names: 12,
  next: 16,
  name: { bytes: 8, text: 0, next: 4 },
};

interface VersionRecord {
  readonly record: Buffer;
  /** Offsets of its names in the table of strings. */
  readonly names: readonly number[];
}

interface RecordList {
  readonly shape: RecordShape;
  readonly count: number;
  readonly where: string;
}

/** Verneed and Verdef are both lists of records, each with a list of names. */
function versionRecords(section: Buffer, { shape, count, where }: RecordList): VersionRecord[] {
  const slice = (at: number, bytes: number) => {
    if (at + bytes > section.length) {
      throw damaged("version records that end outside the file", where);
    }
    return section.subarray(at, at + bytes);
  };
  const bounded = (items: number) => {
    if (items > RECORD_LIMIT) {
      throw damaged(`${items} version records`, where);
    }
    return items;
  };
  const found: VersionRecord[] = [];
  let at = 0;
  for (let left = bounded(count); left > 0; left -= 1) {
    const record = slice(at, shape.bytes);
    const names: number[] = [];
    let nameAt = at + record.readUInt32LE(shape.names);
    for (let more = bounded(record.readUInt16LE(shape.count)); more > 0; more -= 1) {
      const name = slice(nameAt, shape.name.bytes);
      names.push(name.readUInt32LE(shape.name.text));
      nameAt += name.readUInt32LE(shape.name.next);
    }
    found.push({ record, names });
    at += record.readUInt32LE(shape.next);
  }
  return found;
}

/** Tables hold addresses in memory; segments say where in the file these are. */
function fileOffset(segments: readonly Segment[], address: number, where: string): number {
  const segment = segments.find(
    (item) =>
      item.type === PT_LOAD && address >= item.address && address < item.address + item.size,
  );
  if (segment === undefined) {
    throw damaged(`address ${address} is in no segment`, where);
  }
  return address - segment.address + segment.offset;
}

function exactly(readAt: ReadAt, where: string): ReadAt {
  return async (offset, length) => {
    if (length > TABLE_LIMIT_BYTES) {
      throw damaged(`a table of ${length} bytes`, where);
    }
    const bytes = await readAt(offset, length);
    if (bytes.length < length) {
      throw damaged("cut short", where);
    }
    return bytes;
  };
}

function uint64(bytes: Buffer, at: number): number {
  return Number(bytes.readBigUInt64LE(at));
}

function cString(strings: Buffer, at: number, where: string): string {
  const end = strings.indexOf(0, at);
  if (at > strings.length || end < 0) {
    throw damaged("a name outside the table of names", where);
  }
  return strings.toString("latin1", at, end);
}

function damaged(message: string, where: string): BentoError {
  return new BentoError("BENTO_INTEGRITY", message, {
    where,
    hint: "install the package that it belongs to again",
  });
}

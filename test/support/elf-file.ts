/**
 * Writes small shared libraries for tests: a header, two segments and the dynamic section; no code.
 *
 * @module
 */

export interface ElfFileOptions {
  /** @default "x64" */
  readonly machine?: "x64" | "arm64";
  readonly soname?: string;
  readonly needed?: readonly string[];
  /** By library. */
  readonly versionNeeds?: Readonly<Record<string, readonly string[]>>;
  readonly versionDefinitions?: readonly string[];
}

const HEADER_BYTES = 64;
const SEGMENT_BYTES = 56;

export function elfFile(options: ElfFileOptions = {}): Buffer {
  const { machine = "x64", soname, needed = [], versionNeeds = {} } = options;
  const definitions = [soname ?? "base", ...(options.versionDefinitions ?? [])];
  const names = new Map<string, number>();
  let strings = "\0";
  const text = (name: string): number => {
    const at = names.get(name) ?? strings.length;
    if (!names.has(name)) {
      names.set(name, at);
      strings += `${name}\0`;
    }
    return at;
  };
  const needs = Buffer.concat(
    Object.entries(versionNeeds).map(([library, versions], index, all) =>
      verneed(text(library), versions.map(text), index === all.length - 1),
    ),
  );
  const defs = Buffer.concat(
    definitions.map((name, index) => verdef(text(name), index, index === definitions.length - 1)),
  );
  const libraries = needed.map(text);
  const own = soname === undefined ? [] : [[14, text(soname)] as const];
  const stringsAt = HEADER_BYTES + 2 * SEGMENT_BYTES;
  const needsAt = stringsAt + strings.length;
  const defsAt = needsAt + needs.length;
  const dynamicAt = defsAt + defs.length;
  const dynamic = tags([
    ...libraries.map((at) => [1, at] as const),
    ...own,
    [5, stringsAt],
    [10, strings.length],
    [0x6ffffffe, needsAt],
    [0x6fffffff, Object.keys(versionNeeds).length],
    [0x6ffffffc, defsAt],
    [0x6ffffffd, definitions.length],
    [0, 0],
  ]);
  return Buffer.concat([
    header(machine === "x64" ? 62 : 183),
    segment(1, 0, dynamicAt + dynamic.length),
    segment(2, dynamicAt, dynamic.length),
    Buffer.from(strings, "latin1"),
    needs,
    defs,
    dynamic,
  ]);
}

function header(machine: number): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES);
  bytes.write("\x7fELF\x02\x01\x01", "latin1");
  bytes.writeUInt16LE(3, 16); // a shared object
  bytes.writeUInt16LE(machine, 18);
  bytes.writeBigUInt64LE(BigInt(HEADER_BYTES), 32);
  bytes.writeUInt16LE(SEGMENT_BYTES, 54);
  bytes.writeUInt16LE(2, 56);
  return bytes;
}

function segment(type: number, offset: number, size: number): Buffer {
  const bytes = Buffer.alloc(SEGMENT_BYTES);
  bytes.writeUInt32LE(type, 0);
  bytes.writeBigUInt64LE(BigInt(offset), 8);
  bytes.writeBigUInt64LE(BigInt(offset), 16);
  bytes.writeBigUInt64LE(BigInt(size), 32);
  return bytes;
}

function tags(entries: readonly (readonly [number, number])[]): Buffer {
  const bytes = Buffer.alloc(16 * entries.length);
  for (const [index, [tag, value]] of entries.entries()) {
    bytes.writeBigUInt64LE(BigInt(tag), 16 * index);
    bytes.writeBigUInt64LE(BigInt(value), 16 * index + 8);
  }
  return bytes;
}

function verneed(library: number, versions: readonly number[], isLast: boolean): Buffer {
  const bytes = Buffer.alloc(16 + 16 * versions.length);
  bytes.writeUInt16LE(1, 0);
  bytes.writeUInt16LE(versions.length, 2);
  bytes.writeUInt32LE(library, 4);
  bytes.writeUInt32LE(16, 8);
  bytes.writeUInt32LE(isLast ? 0 : bytes.length, 12);
  for (const [index, version] of versions.entries()) {
    const at = 16 + 16 * index;
    bytes.writeUInt32LE(version, at + 8);
    bytes.writeUInt32LE(index === versions.length - 1 ? 0 : 16, at + 12);
  }
  return bytes;
}

function verdef(name: number, index: number, isLast: boolean): Buffer {
  const bytes = Buffer.alloc(28);
  bytes.writeUInt16LE(1, 0);
  bytes.writeUInt16LE(index === 0 ? 1 : 0, 2); // the first is the file's own name
  bytes.writeUInt16LE(index + 1, 4);
  bytes.writeUInt16LE(1, 6);
  bytes.writeUInt32LE(20, 12);
  bytes.writeUInt32LE(isLast ? 0 : 28, 16);
  bytes.writeUInt32LE(name, 20);
  return bytes;
}

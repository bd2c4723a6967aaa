/**
 * Reads tar archives from anywhere as a stream of entries. Names that leave the archive's root, devices and sparse
 * files are refused, so what is read here may be written below a directory.
 *
 * @module
 */
import { posix } from "node:path";
import { BentoError } from "../core/bento-error.ts";
import { type ByteReader, byteReader } from "./byte-reader.ts";
import type { ByteStream } from "./chunks.ts";
import { BLOCK_BYTES, paddingOf } from "./tar-header.ts";
import { damaged, type PaxRecords, parseHeader, parsePax, type RawHeader } from "./untar-header.ts";

/** One entry of an archive that is being read. */
export interface UntarEntry {
  /** `hardlink`: another name of an entry before it, its path in `target`. */
  readonly kind: "file" | "directory" | "symlink" | "hardlink";
  /** Relative, without `./`, `..` or a last slash. */
  readonly path: string;
  /** Length of a file's content in bytes; 0 for others. */
  readonly size: number;
  /** Whether the owner may execute it. */
  readonly isExecutable: boolean;
  /** Whether everyone may write in it and only owners delete, as in /tmp. */
  readonly isSticky: boolean;
  /** Of links; a symbolic link's as written, a hard link's relative to the root. */
  readonly target?: string;
  /** A file's bytes. They must be taken before the next entry is asked for; what is not taken is skipped. */
  content(): AsyncGenerator<Uint8Array, void, undefined>;
}

export interface ReadTarOptions {
  /**
   * What symbolic links may point to. `inside`: only relative, never above the archive's root. `rootfs`: anything, for
   * file systems whose root the archive is, where `/lib` means its own.
   *
   * @default "inside"
   */
  readonly links?: "inside" | "rootfs";
}

/** Names and pax records are short; more is an attack or damage. */
const META_LIMIT_BYTES = 1024 * 1024;

/**
 * @param source - not compressed
 * @throws BentoError BENTO_INTEGRITY when the archive is damaged or cut short; BENTO_REFUSED when an entry would leave
 * the root or is neither file, directory nor link
 */
export async function* readTar(
  source: ByteStream,
  options: ReadTarOptions = {},
): AsyncGenerator<UntarEntry> {
  const reader = byteReader(source);
  try {
    for (;;) {
      const header = await nextHeader(reader);
      if (header === undefined) {
        return;
      }
      const isFile = header.type === "0" || header.type === "7";
      const state = { left: header.size };
      const entry = entryOf(header, isFile ? contentReader(reader, state) : nothing);
      if (entry !== undefined) {
        checkLink(entry, options.links ?? "inside");
        yield entry;
      }
      await skip(reader, state.left + paddingOf(header.size));
    }
  } finally {
    await reader.close();
  }
}

/** The next entry's header with what came before it applied; undefined at the end of the archive. */
async function nextHeader(reader: ByteReader): Promise<RawHeader | undefined> {
  let pax: PaxRecords = new Map();
  let longPath: string | undefined;
  let longLink: string | undefined;
  for (;;) {
    const block = await reader.read(BLOCK_BYTES);
    if (block.length === 0 || (block.length === BLOCK_BYTES && block.every((byte) => byte === 0))) {
      return undefined;
    }
    if (block.length < BLOCK_BYTES) {
      throw damaged("cut short within a header");
    }
    const header = parseHeader(block);
    switch (header.type) {
      case "x":
        pax = parsePax(await metadata(reader, header));
        break;
      case "g":
        await metadata(reader, header);
        break;
      case "L":
        longPath = cString(await metadata(reader, header));
        break;
      case "K":
        longLink = cString(await metadata(reader, header));
        break;
      default:
        return {
          ...header,
          path: pax.get("path") ?? longPath ?? header.path,
          link: pax.get("linkpath") ?? longLink ?? header.link,
          size: sizeOf(pax.get("size"), header),
        };
    }
  }
}

function sizeOf(paxSize: string | undefined, header: RawHeader): number {
  const size = paxSize === undefined ? header.size : Number(paxSize);
  if (!Number.isSafeInteger(size) || size < 0) {
    throw damaged(`not a length: ${paxSize}`);
  }
  return size;
}

async function metadata(reader: ByteReader, header: RawHeader): Promise<Buffer> {
  if (header.size > META_LIMIT_BYTES) {
    throw damaged(`a name of ${header.size} bytes`);
  }
  const bytes = await reader.read(header.size);
  await skip(reader, paddingOf(header.size));
  return bytes;
}

function cString(bytes: Buffer): string {
  return bytes.toString("utf8").replace(/\0.*$/s, "");
}

async function skip(reader: ByteReader, count: number): Promise<void> {
  let skipped = 0;
  for await (const piece of reader.pieces(count)) {
    skipped += piece.length;
  }
  if (skipped < count) {
    throw damaged("cut short within a file");
  }
}

function contentReader(reader: ByteReader, state: { left: number }): UntarEntry["content"] {
  return async function* content() {
    while (state.left > 0) {
      const piece = await reader.read(Math.min(state.left, 256 * 1024));
      if (piece.length === 0) {
        throw damaged("cut short within a file");
      }
      state.left -= piece.length;
      yield piece;
    }
  };
}

async function* nothing(): AsyncGenerator<Uint8Array, void, undefined> {}

const KINDS: Readonly<Record<string, UntarEntry["kind"]>> = {
  "0": "file",
  "7": "file",
  "1": "hardlink",
  "2": "symlink",
  "5": "directory",
};

/** Undefined for the root itself, which some writers name. */
function entryOf(header: RawHeader, content: UntarEntry["content"]): UntarEntry | undefined {
  const kind = KINDS[header.type];
  const path = entryPath(header.path);
  if (kind === undefined) {
    throw refused(path, `neither file, directory nor link (tar type ${header.type})`);
  }
  if (path === "") {
    return undefined;
  }
  return {
    // Archives before ustar marked directories by a slash alone.
    kind: kind === "file" && header.path.endsWith("/") ? "directory" : kind,
    path,
    size: kind === "file" ? header.size : 0,
    isExecutable: (header.mode & 0o100) !== 0,
    isSticky: (header.mode & 0o1000) !== 0,
    ...(kind === "symlink" ? { target: header.link } : {}),
    ...(kind === "hardlink" ? { target: entryPath(header.link) } : {}),
    content,
  };
}

/**
 * A name out of an archive as a relative path, without `./` and a last slash.
 *
 * @throws BentoError BENTO_REFUSED when it leaves the archive's root
 */
export function entryPath(raw: string): string {
  const parts = raw
    .split("/")
    .filter((part, index) => part !== "." && (part !== "" || index === 0));
  if (raw.startsWith("/") || parts.includes("..") || raw.includes("\0")) {
    throw refused(raw, "a path that leaves the archive");
  }
  return parts.join("/");
}

/**
 * A link may only climb before it descends, and no higher than the root. With every link so, and no entry below a
 * link, following links in any order stays inside.
 */
function checkLink(entry: UntarEntry, links: "inside" | "rootfs"): void {
  if (entry.kind !== "symlink" || links === "rootfs") {
    return;
  }
  const target = entry.target ?? "";
  const parts = target.split("/").filter((part) => part !== "" && part !== ".");
  const climbs = parts.findIndex((part) => part !== "..");
  const ups = climbs < 0 ? parts.length : climbs;
  const depth = entry.path.split("/").length - 1;
  if (posix.isAbsolute(target) || ups > depth || parts.slice(ups).includes("..")) {
    throw refused(entry.path, `a link that leaves the archive: ${JSON.stringify(target)}`);
  }
}

function refused(path: string, problem: string): BentoError {
  return new BentoError("BENTO_REFUSED", `${JSON.stringify(path)} is ${problem}`, {
    where: "archive",
    hint: "do not unpack it; ask its author for a clean one",
  });
}

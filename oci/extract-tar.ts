/**
 * Unpacks an archive below a directory: nothing is overwritten, nothing is followed, nothing lands outside.
 *
 * @module
 */
import { createWriteStream } from "node:fs";
import { mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { BentoError } from "../core/bento-error.ts";
import type { ByteStream } from "./chunks.ts";
import { parentsOf } from "./tar-plan.ts";
import { readTar, type UntarEntry } from "./untar.ts";

export interface ExtractOptions {
  readonly signal?: AbortSignal | undefined;
  /** Whether symbolic links are made, or refused as hard links are. @default "make" */
  readonly links?: "make" | "refuse";
  /** Most entries that are taken. @default no limit */
  readonly maxEntries?: number | undefined;
}

/**
 * @param source - a tar archive, not compressed
 * @param directory - empty or new; made when absent
 * @returns paths of the files, in the archive's order
 * @throws BentoError as readTar does; BENTO_REFUSED for a hard link, an entry below a link, or a path that is there
 */
export async function extractTar(
  source: ByteStream,
  directory: string,
  options?: ExtractOptions,
): Promise<string[]> {
  return await extractEntries(readTar(source), directory, options);
}

/** The same for entries of any archive, with safe paths and links. */
export async function extractEntries(
  entries: AsyncIterable<UntarEntry>,
  directory: string,
  { signal, links = "make", maxEntries = Number.POSITIVE_INFINITY }: ExtractOptions = {},
): Promise<string[]> {
  const kinds = new Map<string, UntarEntry["kind"]>();
  const files: string[] = [];
  await mkdir(directory, { recursive: true });
  let count = 0;
  for await (const entry of entries) {
    signal?.throwIfAborted();
    count += 1;
    if (count > maxEntries) {
      throw new BentoError("BENTO_REFUSED", `the archive has more than ${maxEntries} entries`, {
        where: "archive",
        hint: "unpack it yourself if you trust it, and name the folder",
      });
    }
    const isRepeated = kinds.has(entry.path) && entry.kind !== "directory";
    const isBelowFile = parentsOf(entry.path).some((parent) => !isDirectory(kinds.get(parent)));
    const isLink = entry.kind === "hardlink" || (links === "refuse" && entry.kind === "symlink");
    if (isRepeated || isBelowFile || isLink) {
      throw new BentoError("BENTO_REFUSED", `${JSON.stringify(entry.path)} cannot be unpacked`, {
        where: "archive",
        hint: `it is a ${links === "refuse" ? "" : "hard "}link, stands there twice, or lies below a link; repack the archive`,
      });
    }
    kinds.set(entry.path, entry.kind);
    await place(entry, join(directory, entry.path), signal);
    if (entry.kind === "file") {
      files.push(entry.path);
    }
  }
  return files;
}

function isDirectory(kind: UntarEntry["kind"] | undefined): boolean {
  return kind === undefined || kind === "directory";
}

async function place(
  entry: UntarEntry,
  path: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (entry.kind === "directory") {
    await mkdir(path, { recursive: true });
    return;
  }
  await mkdir(join(path, ".."), { recursive: true });
  if (entry.kind === "symlink") {
    await symlink(entry.target ?? "", path);
    return;
  }
  const mode = entry.isExecutable ? 0o755 : 0o644;
  const file = createWriteStream(path, { flags: "wx", mode });
  await pipeline(entry.content(), file, signal === undefined ? {} : { signal });
}

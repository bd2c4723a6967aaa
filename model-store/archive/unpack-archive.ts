/**
 * Unpacks an archive that somebody else made: tar as it is or in gzip or xz, or zip, told apart by their first bytes.
 * Nothing lands outside the folder, links are refused, and what it unpacks to is bounded by the length of the archive.
 *
 * @module
 */
import { open } from "node:fs/promises";
import { basename } from "node:path";
import { BentoError } from "../../core/bento-error.ts";
import type { ByteStream } from "../../oci/chunks.ts";
import { type ExtractOptions, extractEntries, extractTar } from "../../oci/extract-tar.ts";
import { gunzip } from "../../oci/gzip.ts";
import { filePieces } from "../blobs.ts";
import { countBytes, type ProgressOptions } from "../count-bytes.ts";
import { diskError, systemCode } from "../disk-error.ts";
import type { WaitOptions } from "../driver.ts";
import { bounded } from "./archive-limit.ts";
import { unxz } from "./unxz.ts";
import { zipEntries } from "./zip-entries.ts";

/** Weights shrink little; what unpacks to more than this many times the archive is an attack, or a model of zeros. */
const MOST_TIMES = 200;
/** Small archives of small files may unpack to this much, in bytes. */
const LEAST_LIMIT_BYTES = 256 * 1024 * 1024;
const LEAST_LIMIT_ENTRIES = 10_000;
/** An archive has at least so many bytes for each of its files. */
const BYTES_PER_ENTRY = 50;

/** What archives are, by their first bytes. */
const KINDS: readonly (readonly [offset: number, bytes: string, kind: ArchiveKind])[] = [
  [0, "\xfd7zXZ\x00", "xz"],
  [0, "\x1f\x8b", "gzip"],
  [0, "PK\x03\x04", "zip"],
  [0, "BZh", "bzip2"],
  [257, "ustar", "tar"],
];
const HEAD_BYTES = 512;

type ArchiveKind = "xz" | "gzip" | "zip" | "bzip2" | "tar";

/**
 * @param file - of any name
 * @param folder - empty or new
 * @throws BentoError BENTO_INVALID_INPUT when it is no archive that is read here, or not a whole one
 * @throws BentoError BENTO_REFUSED for names that leave the folder, links, duplicates, and what unpacks to far too much
 */
export async function unpackArchive(
  file: string,
  folder: string,
  { signal, onProgress }: WaitOptions & ProgressOptions = {},
): Promise<void> {
  const { kind, size } = await recognise(file);
  const limitBytes = Math.max(LEAST_LIMIT_BYTES, MOST_TIMES * size);
  const maxEntries = Math.max(LEAST_LIMIT_ENTRIES, Math.floor(size / BYTES_PER_ENTRY));
  const options: ExtractOptions = { signal, links: "refuse", maxEntries };
  try {
    if (kind === "zip") {
      await extractEntries(zipEntries(file, limitBytes), folder, options);
    } else {
      const step = { step: `unpack ${basename(file)}`, totalBytes: size, onProgress };
      const packed = countBytes(filePieces(file), step);
      await extractAll(bounded(decompressed(packed, file, kind), limitBytes), folder, options);
    }
  } catch (error) {
    throw named(error, file);
  }
}

/** Reads on behind the end of the tar: there stand the checksums of what it was packed with. */
async function extractAll(
  source: AsyncGenerator<Uint8Array>,
  folder: string,
  options: ExtractOptions,
): Promise<void> {
  try {
    const tar = { [Symbol.asyncIterator]: () => ({ next: async () => source.next() }) };
    await extractTar(tar, folder, options);
    while (!(await source.next()).done) {
      options.signal?.throwIfAborted();
    }
  } finally {
    await source.return(undefined);
  }
}

function decompressed(
  pieces: ByteStream,
  file: string,
  kind: Exclude<ArchiveKind, "zip">,
): ByteStream {
  switch (kind) {
    case "xz":
      return damagedBy(unxz(pieces), file);
    case "gzip":
      return damagedBy(gunzip(pieces), file);
    case "tar":
      return pieces;
    case "bzip2":
      throw new BentoError("BENTO_INVALID_INPUT", `${basename(file)} is packed with bzip2`, {
        where: file,
        hint: `unpack it first: bunzip2 --keep ${file}`,
      });
  }
}

/** Errors of decoders have no words for people. */
async function* damagedBy(source: ByteStream, file: string): AsyncGenerator<Uint8Array> {
  try {
    yield* source;
  } catch (error) {
    if (BentoError.isInstance(error) || systemCode(error)?.startsWith("E") === true) {
      throw error;
    }
    throw damaged(file, error);
  }
}

async function recognise(file: string): Promise<{ kind: ArchiveKind; size: number }> {
  const { head, size } = await readHead(file);
  const found = KINDS.find(([offset, bytes]) => head.startsWith(bytes, offset));
  if (found === undefined) {
    throw new BentoError("BENTO_INVALID_INPUT", `${basename(file)} is no archive`, {
      where: file,
      hint: "archives are tar, tar.gz, tar.xz or zip; a file cut short at its start is none",
    });
  }
  return { kind: found[2], size };
}

async function readHead(file: string): Promise<{ head: string; size: number }> {
  try {
    await using handle = await open(file, "r");
    const { size } = await handle.stat();
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return { head: buffer.toString("latin1", 0, bytesRead), size };
  } catch (error) {
    throw diskError(error, "read", file);
  }
}

/** What reads archives knows no file, only an archive. */
function named(error: unknown, file: string): unknown {
  if (systemCode(error)?.startsWith("Z_") === true) {
    return damaged(file, error);
  }
  if (!BentoError.isInstance(error)) {
    return diskError(error, "unpack", file);
  }
  const { code, message, hint } = error;
  return code === "BENTO_INTEGRITY"
    ? damaged(file, error)
    : new BentoError(code, message, { where: file, hint, cause: error });
}

function damaged(file: string, cause: unknown): BentoError {
  const reason = BentoError.isInstance(cause) ? `: ${cause.message}` : "";
  return new BentoError(
    "BENTO_INVALID_INPUT",
    `${basename(file)} is damaged or cut short${reason}`,
    { where: file, hint: "fetch it again, or export it again", cause },
  );
}

/**
 * A zip archive as the entries that are unpacked: names that stay inside, files and folders only.
 *
 * @module
 */
import { BentoError } from "../../core/bento-error.ts";
import type { ByteStream } from "../../oci/chunks.ts";
import { entryPath, type UntarEntry } from "../../oci/untar.ts";
import { readZip, type ZipEntry } from "../../oci/zip-file.ts";
import { tooLarge } from "./archive-limit.ts";

/** The type of a file in its Unix mode. */
const TYPE_MASK = 0xf000;
const TYPES: Readonly<Record<number, UntarEntry["kind"]>> = {
  0: "file", // made where files have no such type
  32768: "file",
  16384: "directory",
  40960: "symlink",
};

/**
 * @param limitBytes - most bytes that all files may have
 * @throws BentoError BENTO_REFUSED for a name that leaves the archive, or more bytes
 */
export async function* zipEntries(
  file: string,
  limitBytes: number,
): AsyncGenerator<UntarEntry, void, undefined> {
  let left = limitBytes;
  for (const entry of await readZip(file)) {
    const path = safePath(entry);
    left -= entry.size; // the reader holds each file to it
    if (left < 0) {
      throw tooLarge(limitBytes);
    }
    if (path !== "") {
      yield { path, ...kindOf(entry), content: () => contentOf(entry) };
    }
  }
}

function kindOf(entry: ZipEntry): Omit<UntarEntry, "path" | "content"> {
  const kind = entry.path.endsWith("/") ? "directory" : TYPES[entry.unixMode & TYPE_MASK];
  if (kind === undefined) {
    throw refused(entry.path, "neither file, directory nor link");
  }
  const isFile = kind === "file";
  const isExecutable = isFile && (entry.unixMode & 0o100) !== 0;
  return { kind, size: isFile ? entry.size : 0, isExecutable, isSticky: false };
}

async function* contentOf(entry: ZipEntry): AsyncGenerator<Uint8Array, void, undefined> {
  const bytes: ByteStream = entry.open();
  yield* bytes;
}

function safePath({ path }: ZipEntry): string {
  if (path.includes("\\")) {
    throw refused(path, "a name with a backslash"); // another path on Windows
  }
  return entryPath(path);
}

function refused(path: string, problem: string): BentoError {
  return new BentoError("BENTO_REFUSED", `${JSON.stringify(path)} is ${problem}`, {
    where: "archive",
    hint: "do not unpack it; ask its author for a clean one",
  });
}

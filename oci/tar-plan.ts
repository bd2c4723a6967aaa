/**
 * The order and completeness of an archive: entries sorted by the bytes of their paths, every parent directory
 * present, no path twice. Strict unpackers refuse a file whose directory was not named before it.
 *
 * @module
 */
import { BentoError } from "../core/bento-error.ts";
import type { TarEntry } from "./tar-entry.ts";

/**
 * Sorts entries and adds the parent directories that they need. The same entries in any order give the same plan.
 *
 * @param entries - a directory may be named more than once when it is the same each time
 * @throws BentoError BENTO_INVALID_INPUT naming each path that leaves the archive, stands there twice, or has a file
 * or link for a parent
 */
export function planTar(entries: Iterable<TarEntry>): readonly TarEntry[] {
  const byPath = new Map<string, TarEntry>();
  const problems: string[] = [];
  for (const entry of entries) {
    const problem = pathProblem(entry) ?? conflict(byPath.get(entry.path), entry);
    if (problem === undefined) {
      byPath.set(entry.path, entry);
    } else {
      problems.push(problem);
    }
  }
  for (const entry of [...byPath.values()]) {
    for (const parent of parentsOf(entry.path)) {
      const found = byPath.get(parent);
      if (found === undefined) {
        byPath.set(parent, { kind: "directory", path: parent });
      } else if (found.kind !== "directory") {
        problems.push(`${quote(entry.path)} lies below ${quote(parent)}, which is a ${found.kind}`);
      }
    }
  }
  if (problems.length > 0) {
    throw new BentoError("BENTO_INVALID_INPUT", problems.join("\n"), { where: "archive" });
  }
  return sorted(byPath.values());
}

/** The path as the archive holds it, in bytes: directories end in a slash. */
export function archivePath(entry: TarEntry): Buffer {
  return Buffer.from(entry.kind === "directory" ? `${entry.path}/` : entry.path);
}

/** Directories above a path, outermost first: `a/b/c` gives `a`, `a/b`. */
export function parentsOf(path: string): string[] {
  const parts = path.split("/");
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join("/"));
}

function pathProblem(entry: TarEntry): string | undefined {
  const { path } = entry;
  const parts = path.split("/");
  if (parts.some((part) => part === "" || part === "." || part === "..")) {
    return `not a relative path without dots: ${quote(path)}`;
  }
  if (path.includes("\0") || !path.isWellFormed()) {
    return `not a writable path: ${quote(path)}`;
  }
  if (entry.kind === "symlink" && (entry.target === "" || entry.target.includes("\0"))) {
    return `${quote(path)} links to nothing`;
  }
  if (entry.kind === "file" && !(Number.isSafeInteger(entry.size) && entry.size >= 0)) {
    return `${quote(path)} has no length: ${entry.size}`;
  }
  return undefined;
}

function conflict(known: TarEntry | undefined, entry: TarEntry): string | undefined {
  if (known === undefined) {
    return undefined;
  }
  const isSame =
    known.kind === "directory" &&
    entry.kind === "directory" &&
    (known.shared ?? false) === (entry.shared ?? false);
  return isSame ? undefined : `${quote(entry.path)} stands there twice`;
}

function sorted(entries: Iterable<TarEntry>): readonly TarEntry[] {
  return Array.from(entries, (entry) => ({ entry, key: archivePath(entry) }))
    .sort((a, b) => Buffer.compare(a.key, b.key))
    .map(({ entry }) => entry);
}

function quote(text: string): string {
  return JSON.stringify(text);
}

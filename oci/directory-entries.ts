/**
 * A directory on disk as entries of an archive. Modes, owners and times are not read: the same names and bytes give the
 * same entries.
 *
 * @module
 */
import { createReadStream } from "node:fs";
import { readdir, readlink, stat } from "node:fs/promises";
import { join } from "node:path";
import { BentoError } from "../core/bento-error.ts";
import type { TarEntry, TarFile } from "./tar-entry.ts";

export interface DirectoryEntriesOptions {
  /**
   * Path in the archive that the directory's content goes below.
   *
   * @default "", its root
   */
  readonly prefix?: string;
  /**
   * Which files are executable, by their path within the directory.
   *
   * @default none
   */
  readonly isExecutable?: (path: string) => boolean;
}

/**
 * Everything below a directory.
 *
 * @throws BentoError BENTO_REFUSED for sockets, devices and pipes
 */
export async function directoryEntries(
  directory: string,
  options: DirectoryEntriesOptions = {},
): Promise<TarEntry[]> {
  const found = await readdir(directory, { recursive: true, withFileTypes: true });
  return Promise.all(
    found.map(async (item): Promise<TarEntry> => {
      const file = join(item.parentPath, item.name);
      const inner = file.slice(join(directory, "/").length).replaceAll("\\", "/");
      const path = options.prefix ? `${options.prefix}/${inner}` : inner;
      if (item.isDirectory()) {
        return { kind: "directory", path };
      }
      if (item.isSymbolicLink()) {
        return { kind: "symlink", path, target: await readlink(file) };
      }
      if (!item.isFile()) {
        throw new BentoError("BENTO_REFUSED", "neither file, directory nor link", { where: file });
      }
      return diskFile(file, path, { executable: options.isExecutable?.(inner) ?? false });
    }),
  );
}

/**
 * One file on disk as an entry, opened when it is written.
 *
 * @param file - where it is
 * @param path - its path in the archive
 */
export async function diskFile(
  file: string,
  path: string,
  options: { readonly executable?: boolean } = {},
): Promise<TarFile> {
  const found = await stat(file, { bigint: true });
  const size = Number(found.size);
  // ctime too: programs set the other times back, e.g. when they unpack
  const identity = [found.dev, found.ino, size, found.mtimeNs, found.ctimeNs].join(":");
  return {
    kind: "file",
    path,
    size,
    identity: `file:${identity}`,
    content: () => createReadStream(file, { highWaterMark: 1024 * 1024 }),
    executable: options.executable ?? false,
  };
}

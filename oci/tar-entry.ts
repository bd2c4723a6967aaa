/**
 * What goes into a tar archive of ours: files, directories and symbolic links, named by relative paths. Owners, times
 * and permissions are not here, because they are the same in every archive.
 *
 * @module
 */
import type { ByteStream } from "./chunks.ts";

/** Bytes at hand, or a factory that opens them anew for each reading. */
type TarContent = Uint8Array | (() => ByteStream);

export interface TarFile {
  readonly kind: "file";
  /** Relative, `/` between parts, no `.` or `..`. */
  readonly path: string;
  /** Length of the content in bytes; other content is an error when it is written. */
  readonly size: number;
  readonly content: TarContent;
  /**
   * Stands for the content without reading it: where it is the same, so is the content. A digest, or what the file
   * system says of a file that was not touched.
   *
   * @default none: bytes at hand are hashed, others make their layer one that is not remembered
   */
  readonly identity?: string;
  /**
   * Whether it is written with mode 0755.
   *
   * @default false, mode 0644
   */
  readonly executable?: boolean;
}

interface TarDirectory {
  readonly kind: "directory";
  readonly path: string;
  /**
   * Whether everyone may write in it, with mode 01777 as /tmp has.
   *
   * @default false, mode 0755
   */
  readonly shared?: boolean;
}

interface TarSymlink {
  readonly kind: "symlink";
  readonly path: string;
  /** Written as it is; it need not exist. */
  readonly target: string;
}

export type TarEntry = TarFile | TarDirectory | TarSymlink;

/** A file whose bytes are at hand. */
export function tarFile(path: string, content: Uint8Array | string): TarFile {
  const bytes = typeof content === "string" ? Buffer.from(content) : content;
  return { kind: "file", path, size: bytes.length, content: bytes };
}

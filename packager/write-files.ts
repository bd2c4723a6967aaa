/**
 * Writes the files of a bento into a folder that is being made.
 *
 * @module
 */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { diskError } from "../model-store/disk-error.ts";

/**
 * @param files - content by path within `root`
 * @throws BentoError BENTO_IO that names the file which the disk refused
 */
export async function writeFiles(
  root: string,
  files: Iterable<readonly [string, Uint8Array]>,
): Promise<void> {
  for (const [path, content] of files) {
    const file = join(root, path);
    try {
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, content);
    } catch (error) {
      throw diskError(error, "write", file);
    }
  }
}

/**
 * Copies files of the store into a folder of the user's, which must not hold anything yet.
 *
 * @module
 */
import { mkdir, readdir } from "node:fs/promises";
import { BentoError } from "../core/bento-error.ts";
import { diskError } from "./disk-error.ts";
import { copyOut, type FolderContent } from "./materialise.ts";

/**
 * @param folder - absent or empty; its parents are made
 * @throws BentoError BENTO_INVALID_INPUT when it holds something, BENTO_IO when it cannot be written
 */
export async function exportFolder(folder: string, content: FolderContent): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    const names = await readdir(folder);
    if (names.length > 0) {
      throw new BentoError(
        "BENTO_INVALID_INPUT",
        `the folder is not empty: it holds ${names.sort()[0]}`,
        {
          where: folder,
          hint: "name a new folder: nothing is overwritten",
        },
      );
    }
    await copyOut(folder, content);
  } catch (error) {
    throw diskError(error, "write", folder);
  }
}

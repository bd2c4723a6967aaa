/**
 * Reads a file that the user named on the command line.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import { BentoError } from "../core/bento-error.ts";
import { diskError, systemCode } from "../model-store/disk-error.ts";

/**
 * @param path - absolute
 * @param about - what the file is, for messages, and what to do where it is not there
 * @throws BentoError BENTO_NOT_FOUND when it is not there, BENTO_IO when it cannot be read
 */
export async function readGiven(
  path: string,
  { noun, hint }: { noun: string; hint: string },
): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    if (systemCode(cause) === "ENOENT") {
      throw new BentoError("BENTO_NOT_FOUND", `there is no ${noun} ${path}`, {
        where: path,
        hint,
        cause,
      });
    }
    throw diskError(cause, "read", path);
  }
}

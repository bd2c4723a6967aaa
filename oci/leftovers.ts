/**
 * Removes what killed writers left behind: temporary files that nobody has written to for a day.
 *
 * @module
 */
import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";

/** Younger ones may belong to a writer that is at work. */
const OLD_MS = 24 * 60 * 60 * 1000;

/**
 * @param directories - those that are not there or cannot be read are passed over
 * @param now - milliseconds since the epoch; the system's clock by default, which file times are of too
 */
export async function sweepLeftovers(
  directories: readonly string[],
  now: number = Date.now(),
): Promise<void> {
  for (const directory of directories) {
    const names = await readdir(directory).catch(() => []);
    for (const name of names.filter((found) => found.endsWith(".tmp"))) {
      const path = join(directory, name);
      const found = await stat(path).catch(() => undefined);
      if (found?.isFile() === true && now - found.mtimeMs > OLD_MS) {
        await rm(path, { force: true });
      }
    }
  }
}

/**
 * Removes what killed writers left behind: temporary files and folders that nobody has changed for a day.
 *
 * @module
 */
import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";

/** Younger ones may belong to a writer that is at work. */
const OLD_MS = 24 * 60 * 60 * 1000;

export interface SweepOptions {
  /**
   * Which names are temporary.
   *
   * @default those that end in .tmp
   */
  readonly isTemporary?: (name: string) => boolean;
  /** Milliseconds since the epoch. @default the system's clock, which file times are of too */
  readonly now?: number;
}

/** @param directories - those that are not there or cannot be read are passed over */
export async function sweepLeftovers(
  directories: readonly string[],
  options: SweepOptions = {},
): Promise<void> {
  const { isTemporary = (name) => name.endsWith(".tmp"), now = Date.now() } = options;
  for (const directory of directories) {
    const names = await readdir(directory).catch(() => []);
    for (const path of names.filter(isTemporary).map((name) => join(directory, name))) {
      const found = await stat(path).catch(() => undefined);
      if (found !== undefined && now - found.mtimeMs > OLD_MS) {
        await rm(path, { recursive: true, force: true }).catch(() => {}); // not ours to remove after all
      }
    }
  }
}

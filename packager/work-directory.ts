/**
 * Folders for work that is done in steps. Each is removed by who made it; what killed processes left is removed by who
 * comes long after.
 *
 * @module
 */
import { mkdir, mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";

const DAY_MS = 24 * 60 * 60 * 1000;

/** After how long nobody can be at work in one any more: a build takes seconds, a server may run for weeks. */
const LEFT_BEHIND_MS = { build: DAY_MS, serve: 30 * DAY_MS } as const;

/**
 * @param root - created
 * @param now - milliseconds since the epoch; the system's clock by default, which file times are of too
 * @returns absolute path of a new empty folder
 */
export async function makeWorkDirectory(
  root: string,
  kind: keyof typeof LEFT_BEHIND_MS,
  now: number = Date.now(),
): Promise<string> {
  await mkdir(root, { recursive: true });
  for (const name of await readdir(root)) {
    const limit = name.startsWith("build-") ? LEFT_BEHIND_MS.build : LEFT_BEHIND_MS.serve;
    const found = await stat(join(root, name)).catch(() => undefined);
    if (/^(?:build|serve)-/.test(name) && found !== undefined && now - found.mtimeMs > limit) {
      await rm(join(root, name), { recursive: true, force: true });
    }
  }
  return await mkdtemp(join(root, `${kind}-`));
}

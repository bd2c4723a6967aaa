/**
 * Images that something on this machine is started from.
 *
 * @module
 */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Digest } from "../../core/digest.ts";
import type { EngineContext } from "./engine.ts";
import { rememberedProcesses } from "./process-files.ts";
import { RUN_FOLDER } from "./run-folder.ts";

/** Of every deployment here, whatever its name and environment. */
export async function usedImages({ home }: Pick<EngineContext, "home">): Promise<Set<Digest>> {
  const used = new Set<Digest>();
  const root = join(home, ...RUN_FOLDER);
  for (const environment of await readdir(root).catch(() => [])) {
    for (const name of await readdir(join(root, environment)).catch(() => [])) {
      for (const { image } of await rememberedProcesses(join(root, environment, name))) {
        if (image !== undefined) {
          used.add(image);
        }
      }
    }
  }
  return used;
}

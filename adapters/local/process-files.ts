/**
 * A file for each process that was started and not yet stopped, so that a deploy that was killed half-way leaves none
 * behind: the next deploy or destroy finds it here. Only its owner may read it: variables are in it.
 *
 * @module
 */
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { canonicalJson } from "../../core/canonical-json.ts";
import { LocalProcess } from "./local-process.ts";

const SUFFIX = ".process.json";

/** @param folder - the deployment's own; made when it is not there */
export async function rememberProcess(folder: string, process: LocalProcess): Promise<void> {
  await mkdir(folder, { recursive: true });
  const path = pathOf(folder, process);
  await rm(`${path}.part`, { force: true });
  await writeFile(`${path}.part`, `${canonicalJson(process, 2)}\n`, { mode: 0o600, flush: true });
  await rename(`${path}.part`, path);
}

export async function forgetProcess(folder: string, process: LocalProcess): Promise<void> {
  await rm(pathOf(folder, process), { force: true });
}

/** All that are remembered, in the order of their pids; files that cannot be read are left out. */
export async function rememberedProcesses(folder: string): Promise<LocalProcess[]> {
  const names = await readdir(folder).catch(() => []);
  const found: LocalProcess[] = [];
  for (const name of names.filter((file) => file.endsWith(SUFFIX)).sort()) {
    const text = await readFile(join(folder, name), "utf8").catch(() => "");
    const parsed = LocalProcess.safeParse(parseOrUndefined(text));
    if (parsed.success) {
      found.push(parsed.data);
    }
  }
  return found;
}

/** By pid, or by name for a container, which has none of ours. */
function pathOf(folder: string, { pid, identity }: LocalProcess): string {
  return join(folder, `${pid === 0 ? identity : pid}${SUFFIX}`);
}

function parseOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

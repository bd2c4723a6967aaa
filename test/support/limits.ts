/**
 * Real limits of the system for tests: another user without rights, and a process that may write only small files.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { collect } from "../../model-store/collect.ts";

const NOBODY = 65_534;

/** Runs work without root's rights; where the tests do not run as root they have none. */
export async function asNobody<Result>(work: () => Promise<Result>): Promise<Result> {
  if (process.geteuid?.() !== 0) {
    return await work();
  }
  process.seteuid?.(NOBODY);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}

/**
 * Runs a module whose files may not grow beyond a size.
 *
 * @param source - TypeScript, in the folder of the repository
 * @returns its standard output
 */
export async function runLimited(
  source: string,
  { fileKilobytes }: { fileKilobytes: number },
): Promise<string> {
  const node = [process.execPath, "--conditions=bentokit-source", "--input-type=module-typescript"];
  const child = spawn(
    "sh",
    ["-c", `ulimit -f ${fileKilobytes * 2}; exec "$@"`, "sh", ...node, "-e", source],
    { cwd: join(import.meta.dirname, "../.."), stdio: ["ignore", "pipe", "inherit"] },
  );
  return Buffer.concat(await collect(child.stdout)).toString();
}

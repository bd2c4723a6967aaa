/**
 * Tells one process from a later one with the same pid, by when it started. Nothing is ever signalled without this.
 *
 * @module
 */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import type { LocalProcess } from "./local-process.ts";

const run = promisify(execFile);

/**
 * @returns a text that no other process on this machine ever has, or undefined when no such process runs (a zombie does
 * not)
 */
export async function processIdentity(pid: number): Promise<string | undefined> {
  return process.platform === "linux" ? await linuxIdentity(pid) : await psIdentity(pid);
}

/** True while this very process runs. */
export async function isAlive({
  pid,
  identity,
}: Pick<LocalProcess, "pid" | "identity">): Promise<boolean> {
  return (await processIdentity(pid)) === identity;
}

/** Start time in clock ticks since boot, with the boot it counts from. */
async function linuxIdentity(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  // The second field is the program's name in parentheses and may hold anything, so fields are counted from its end.
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
  const state = fields?.[0];
  const startTicks = fields?.[19];
  if (startTicks === undefined || state === "Z" || state === "X") {
    return undefined;
  }
  const boot = await readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => "");
  return `linux:${boot.trim()}:${startTicks}`;
}

async function psIdentity(pid: number): Promise<string | undefined> {
  try {
    const { stdout } = await run("ps", ["-o", "stat=,lstart=", "-p", String(pid)]);
    const [state = "", ...started] = stdout.trim().split(/\s+/);
    return started.length === 0 || state.startsWith("Z") ? undefined : `ps:${started.join(" ")}`;
  } catch {
    return undefined;
  }
}

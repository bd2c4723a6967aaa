/**
 * Stops a process of ours: asked first, so that requests at work end well, and killed after its time.
 *
 * @module
 */
import { setTimeout as wait } from "node:timers/promises";
import { BentoError } from "../../core/bento-error.ts";
import type { Stopped } from "./engine.ts";
import type { LocalProcess } from "./local-process.ts";
import { isAlive } from "./process-identity.ts";

const LOOK_EVERY_MS = 20;
const KILL_MS = 5_000;

/**
 * @throws BentoError BENTO_IO when it runs on even after SIGKILL
 */
export async function stopProcess(target: LocalProcess): Promise<Stopped> {
  if (!(await isAlive(target))) {
    return "already-gone";
  }
  signal(target.pid, "SIGTERM");
  if (await isGoneWithin(target, target.stopTimeoutSeconds * 1000)) {
    return "drained";
  }
  // The negative pid is its process group: it was started detached, so its own children are in there with it.
  signal(-target.pid, "SIGKILL");
  if (await isGoneWithin(target, KILL_MS)) {
    return "killed";
  }
  throw new BentoError("BENTO_IO", `process ${target.pid} does not end`, {
    where: target.url,
    hint: `look at it with: ps -p ${target.pid}`,
  });
}

function signal(pid: number, name: "SIGTERM" | "SIGKILL"): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) {
      throw error;
    }
  }
}

async function isGoneWithin(target: LocalProcess, limitMs: number): Promise<boolean> {
  const deadline = performance.now() + limitMs;
  while (await isAlive(target)) {
    if (performance.now() > deadline) {
      return false;
    }
    await wait(LOOK_EVERY_MS);
  }
  return true;
}

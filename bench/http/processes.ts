/**
 * Starts the processes of a measurement and ends them: servers under test and the generator of load.
 *
 * @module
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { LoadJob, LoadResult } from "./load.ts";
import type { TargetOptions } from "./targets.ts";

const LOGS = fileURLToPath(new URL("../../.tmp/bench-logs/", import.meta.url));

export interface TargetProcess {
  readonly port: number;
  /** Resident bytes, and microseconds of all threads since the start. */
  usage(): Promise<{ readonly memory: number; readonly cpuMicroseconds: number }>;
  close(): Promise<void>;
}

/** Access logs go to a file, as a container's go to a pipe. */
export async function startTarget(
  options: TargetOptions,
  nodeFlags: readonly string[] = [],
): Promise<TargetProcess> {
  mkdirSync(LOGS, { recursive: true });
  const log = openSync(`${LOGS}${options.name}.log`, "w");
  const child = start("target-server.ts", [JSON.stringify(options)], { log, nodeFlags });
  closeSync(log);
  const { port } = await message<{ port: number }>(child);
  return {
    port,
    async usage() {
      const answer = message<{ memory: number; cpu: NodeJS.CpuUsage }>(child);
      child.send("usage");
      const { memory, cpu } = await answer;
      return { memory, cpuMicroseconds: cpu.user + cpu.system };
    },
    close: () => end(child),
  };
}

export interface Generator {
  run(job: LoadJob): Promise<LoadResult>;
  close(): Promise<void>;
}

export async function startGenerator(): Promise<Generator> {
  const child = start("generator.ts", [], { log: 2, nodeFlags: [] });
  await message(child);
  return {
    async run(job) {
      const answer = message<{ result?: LoadResult; error?: string }>(child);
      child.send(job);
      const { result, error } = await answer;
      if (result === undefined) {
        throw new Error(`the generator failed: ${error}`);
      }
      return result;
    },
    close: () => end(child),
  };
}

function start(
  file: string,
  args: readonly string[],
  { log, nodeFlags }: { readonly log: number; readonly nodeFlags: readonly string[] },
): ChildProcess {
  return fork(fileURLToPath(new URL(file, import.meta.url)), args, {
    execArgv: ["--conditions=bentokit-source", "--no-warnings", ...nodeFlags],
    stdio: ["ignore", "inherit", log, "ipc"],
    serialization: "advanced", // JSON has no NaN
  });
}

function message<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    const hear = (value: T) => {
      child.removeListener("exit", fail);
      resolve(value);
    };
    const fail = (code: number | null) => {
      child.removeListener("message", hear);
      reject(new Error(`${child.spawnargs.join(" ")} ended with ${code}`));
    };
    child.once("message", hear);
    child.once("exit", fail);
  });
}

async function end(child: ChildProcess): Promise<void> {
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  await exited;
}

/**
 * The command line as a real process, for what only a process shows: signals, exit codes, streams.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { TestCli } from "./cli.ts";

export const MAIN = join(import.meta.dirname, "../../cli/main.ts");

export interface CliProcess extends AsyncDisposable {
  readonly child: ChildProcess;
  /** Resolves once stderr has the text. @throws when the process ends before that */
  said(text: string | RegExp): Promise<RegExpMatchArray>;
  /** Exit code and signal. */
  readonly ended: Promise<[number | null, NodeJS.Signals | null]>;
  /** Everything on stderr so far. */
  readonly err: string;
}

/** Starts `bento` in the working folder of a test; killed at the end of the scope if it still runs. */
export function startCli(cli: TestCli, argv: readonly string[]): CliProcess {
  const child = spawn(process.execPath, ["--conditions=bentokit-source", MAIN, ...argv], {
    cwd: cli.work,
    env: { PATH: process.env["PATH"], BENTO_HOME: cli.home },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let err = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    err += text;
    child.emit("said");
  });
  child.stdout?.resume();
  const ended = once(child, "close") as Promise<[number | null, NodeJS.Signals | null]>;
  const over = ended.then(() => "over");
  return {
    child,
    ended,
    get err() {
      return err;
    },
    async said(text) {
      for (;;) {
        const found = err.match(text);
        if (found !== null) {
          return found;
        }
        if ((await Promise.race([over, once(child, "said")])) === "over") {
          throw new Error(`bento ${argv.join(" ")} ended without ${text}: ${err}`);
        }
      }
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

/** Processes that serve a bento and were started by the given one; esbuild has one of its own there. */
export async function serversOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8");
  const servers: number[] = [];
  for (const child of text.split(" ").filter(Boolean)) {
    const command = await readFile(`/proc/${child}/cmdline`, "utf8").catch(() => "");
    if (command.includes("/src/main.js")) {
      servers.push(Number(child));
    }
  }
  return servers;
}

/** Whether a process runs. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

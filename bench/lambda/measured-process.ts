/**
 * A process on one core whose memory and processor time can be read while it works.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { readFile } from "node:fs/promises";

export interface MeasuredProcess extends AsyncDisposable {
  /** Resident bytes now. */
  residentBytes(): Promise<number>;
  /** Of all its threads since it started, in milliseconds. */
  processorMs(): Promise<number>;
  /** Rejects when it ends by itself. */
  readonly failed: Promise<never>;
  /** The exit code, once it has ended on SIGTERM. */
  stop(): Promise<number | null>;
}

export interface MeasuredOptions {
  /** Arguments of Node. */
  readonly args: readonly string[];
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Of the processor it runs on. */
  readonly core: number;
  /** Takes its stderr. */
  readonly log: string;
  /** Takes each line of its stdout. @default nobody reads it */
  readonly onLine?: (line: string) => void;
}

/** Of the kernel's clock, as all of Linux has it for programs. */
const TICK_MS = 10;

export function startMeasured(options: MeasuredOptions): MeasuredProcess {
  const { core, args, directory, environment, onLine } = options;
  const log = openSync(options.log, "w");
  const child = spawn("taskset", ["-c", String(core), process.execPath, ...args], {
    cwd: directory,
    stdio: ["ignore", "pipe", log],
    env: { PATH: process.env["PATH"], ORT_DISABLE_TELEMETRY: "1", ...environment },
  });
  closeSync(log);
  let rest = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      onLine?.(line);
    }
  });
  const exited = once(child, "close");
  let isStopping = false;
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => {}); // only who waits for it cares
  child.once("close", (code) => {
    if (!isStopping) {
      failed.reject(new Error(`it ended with ${code}, see ${options.log}`));
    }
  });
  const stop = async () => {
    isStopping = true;
    child.kill("SIGTERM");
    const [code] = await exited;
    return typeof code === "number" ? code : null;
  };
  return {
    failed: failed.promise,
    stop,
    async residentBytes() {
      const status = await readFile(`/proc/${child.pid}/status`, "utf8");
      return 1024 * Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]);
    },
    async processorMs() {
      const stat = await readFile(`/proc/${child.pid}/stat`, "utf8");
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      return TICK_MS * (Number(fields[11]) + Number(fields[12])); // utime and stime
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) {
        await stop();
      }
    },
  };
}

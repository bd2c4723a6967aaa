/**
 * Runs a bundled service's description in a process of its own, bounded in time and ending with its caller: what the
 * user's code starts, prints or throws meanwhile stays there.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { pathToFileURL } from "node:url";

export interface BundleRun {
  /** The JSON that the bundle said; empty when it came to no answer. */
  readonly answer: string;
  /** null when it was killed. */
  readonly exitCode: number | null;
  readonly isTooLate: boolean;
  /** The end of what it wrote to stderr, in lines that fit a terminal. */
  readonly stderr: string;
}

export interface RunBundleOptions {
  readonly timeLimitMs: number;
  readonly signal?: AbortSignal | undefined;
}

// the answer goes by a channel of its own, because user code may print to stdout
const SCRIPT = `
import { writeSync } from "node:fs";
import { Worker } from "node:worker_threads";
// a thread of its own: the service's code may never let go of this one
const guard = 'new (require("node:net").Socket)({ fd: 4 }).on("error", () => {}).on("close", () => process.kill(-process.pid, "SIGKILL")).resume()';
new Worker(guard, { eval: true, execArgv: [] }).unref();
function say(value) {
  let bytes = Buffer.from(JSON.stringify(value));
  while (bytes.length > 0) bytes = bytes.subarray(writeSync(3, bytes));
  process.exit(0);
}
function fail(error) {
  const { code, message = String(error), where, hint, cause } = error ?? {};
  const stack = [cause?.stack, error?.stack].filter((part) => typeof part === "string").join("\\n");
  say({ error: { code: typeof code === "string" ? code : undefined, message: String(message), where, hint, stack } });
}
process.on("uncaughtException", fail);
try {
  const bundle = await import(process.argv[1]);
  say({ description: await bundle.describe() });
} catch (error) {
  fail(error);
}
`;

/**
 * @param bundleFile - absolute path of the bundle's service.js
 * @throws the reason of `signal` when it is aborted meanwhile
 */
export async function runBundle(
  bundleFile: string,
  { timeLimitMs, signal }: RunBundleOptions,
): Promise<BundleRun> {
  signal?.throwIfAborted();
  const child = spawn(process.execPath, argumentsFor(bundleFile), {
    // the last one carries nothing: it closes when this process ends, however that may be
    stdio: ["ignore", "ignore", "pipe", "pipe", "pipe"],
    detached: true, // a group of its own, so that what the service starts ends with it
  });
  const deadline = AbortSignal.timeout(timeLimitMs);
  const stop = () => killGroup(child);
  deadline.addEventListener("abort", stop, { once: true });
  signal?.addEventListener("abort", stop, { once: true });
  try {
    const said = Promise.all([collect(child.stdio[3]), collect(child.stderr)]);
    await once(child, "exit");
    stop();
    const [answer, stderr] = await said;
    signal?.throwIfAborted();
    const isTooLate = deadline.aborted && answer === "";
    return { answer, exitCode: child.exitCode, isTooLate, stderr: lastLines(stderr) };
  } finally {
    deadline.removeEventListener("abort", stop);
    signal?.removeEventListener("abort", stop);
    child.stdio[4]?.destroy();
  }
}

function argumentsFor(bundleFile: string): string[] {
  const flags = ["--enable-source-maps", "--no-warnings", "--input-type=module"];
  return [...flags, "-e", SCRIPT, pathToFileURL(bundleFile).href];
}

function killGroup({ pid }: ChildProcess): void {
  try {
    process.kill(-(pid ?? Number.NaN), "SIGKILL");
  } catch {
    // it has ended, and so has all that it started
  }
}

async function collect(stream: unknown): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

const MOST_LINES = 12;
const LONGEST_LINE = 200;

/** Node shows the line that failed, and a line of a bundle is a hundred kilobytes. */
function lastLines(text: string): string {
  return text
    .split("\n")
    .filter((line) => line.trim() !== "" && line.length <= LONGEST_LINE)
    .slice(-MOST_LINES)
    .join("\n");
}

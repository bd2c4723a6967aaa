/**
 * Runs the few programs of Debian that a base is made with, without a shell.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { BentoError } from "../../core/bento-error.ts";

export interface RunToolOptions {
  readonly directory?: string;
  readonly signal?: AbortSignal | undefined;
}

/** The end of what a failing program said; the rest is noise. */
const STDERR_LINES = 4;

/**
 * @param command - program and arguments
 * @returns its standard output as it comes; it must be read to the end
 * @throws BentoError BENTO_UNSUPPORTED when the program is not installed; BENTO_IO when it fails
 */
export async function* runTool(
  command: readonly [string, ...string[]],
  options: RunToolOptions = {},
): AsyncGenerator<Uint8Array> {
  const [program, ...args] = command;
  const child = spawn(program, args, {
    cwd: options.directory,
    signal: options.signal,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const said: string[] = [];
  child.stderr.setEncoding("utf8").on("data", (text: string) => said.push(text));
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on("error", reject).on("close", resolve);
  });
  // Awaited below; a program that cannot start must not count as unhandled before that.
  ended.catch(() => {});
  try {
    yield* child.stdout;
    const code = await ended;
    if (code !== 0) {
      throw failed(command, said.join("") || `exit code ${code}`);
    }
  } catch (error) {
    throw explain(error, program);
  } finally {
    child.kill();
  }
}

/** Runs a program for its effect and returns what it printed. */
export async function runToolToEnd(
  command: readonly [string, ...string[]],
  options: RunToolOptions = {},
): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of runTool(command, options)) {
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function failed(command: readonly string[], said: string): BentoError {
  const lines = said.trim().split("\n").slice(-STDERR_LINES);
  return new BentoError("BENTO_IO", lines.join("\n"), { where: command[0] });
}

function explain(error: unknown, program: string): unknown {
  const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
  return isMissing
    ? new BentoError("BENTO_UNSUPPORTED", `${program} is not installed`, {
        hint: "make the base on Debian or Ubuntu, or name a base image that is there: --base REF or --base oci:DIR",
        cause: error,
      })
    : error;
}

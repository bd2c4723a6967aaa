/**
 * Runs podman's and docker's command lines, which are alike. Every call is bounded in time, and says what the program
 * said when it fails.
 *
 * @module
 */
import { spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { BentoError } from "../../core/bento-error.ts";
import type { ByteStream } from "../../oci/chunks.ts";
import type { EngineContext } from "./engine.ts";
import { findProgram } from "./find-program.ts";

export type ContainerProgram = "podman" | "docker";

/** Longest time that a call may take beyond what it waits for on purpose. */
const CALL_MS = 60_000;

export interface CallOptions {
  /** Variables for the program besides the caller's own. */
  readonly environment?: Readonly<Record<string, string>>;
  /** What it reads. @default nothing */
  readonly input?: ByteStream;
  /** In milliseconds. @default 60 000 */
  readonly limitMs?: number;
  /** Not killed with the rest when the user interrupts. @default false */
  readonly isCleanup?: boolean;
}

export interface CallResult {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs it to its end, whatever that is.
 *
 * @throws BentoError BENTO_UNSUPPORTED when it is not installed; BENTO_IO when it comes to no end in time
 */
export async function callProgram(
  program: ContainerProgram,
  args: readonly string[],
  { ambient, signal }: Pick<EngineContext, "ambient" | "signal">,
  options: CallOptions = {},
): Promise<CallResult> {
  const { limitMs = CALL_MS, input } = options;
  const path = await findProgram(program, ambient);
  const deadline = AbortSignal.timeout(limitMs);
  const stops =
    signal === undefined || options.isCleanup === true ? [deadline] : [deadline, signal];
  const child = spawn(path, args, {
    env: { ...programEnvironment(program, ambient), ...options.environment },
    stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
    signal: AbortSignal.any(stops),
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on("error", reject).on("close", resolve);
  });
  try {
    const [stdout, stderr, exitCode] = await Promise.all([
      collect(child.stdout),
      collect(child.stderr),
      ended,
      feed(input, child.stdin),
    ]);
    return { exitCode, stdout, stderr };
  } catch (cause) {
    child.kill("SIGKILL");
    if (options.isCleanup !== true) {
      signal?.throwIfAborted();
    }
    throw deadline.aborted
      ? new BentoError("BENTO_IO", `${program} ${args[0]} came to no end in ${limitMs / 1000} s`, {
          where: `engine ${program}`,
          hint: `see whether it answers: ${program} ps`,
          cause,
        })
      : cause;
  }
}

/** Runs it and returns what it printed. @throws BentoError BENTO_IO with what it said when it fails; as callProgram */
export async function runProgram(
  program: ContainerProgram,
  args: readonly string[],
  context: Pick<EngineContext, "ambient" | "signal">,
  options: CallOptions = {},
): Promise<string> {
  const result = await callProgram(program, args, context, options);
  if (result.exitCode !== 0) {
    throw failed(program, args, result);
  }
  return result.stdout;
}

/** The caller's variables. Podman fails where docker's accounts are named and not there, and nothing here needs them. */
export function programEnvironment(
  program: ContainerProgram,
  ambient: EngineContext["ambient"],
): EngineContext["ambient"] {
  const { DOCKER_CONFIG: _accounts, ...rest } = ambient;
  return program === "podman" ? rest : ambient;
}

const STDERR_LINES = 4;

export function failed(
  program: ContainerProgram,
  args: readonly string[],
  { stderr, exitCode }: CallResult,
): BentoError {
  const said = stderr.trim().split("\n").slice(-STDERR_LINES).join("\n");
  const message = `${program} ${args[0]} failed: ${said === "" ? `exit code ${exitCode}` : said}`;
  const isAbsent = /cannot connect to|is the docker daemon running|connection refused/i.test(
    stderr,
  );
  return isAbsent
    ? new BentoError("BENTO_UNREACHABLE", message, {
        where: `engine ${program}`,
        hint: `start it, or use another engine: --engine bwrap`,
      })
    : new BentoError("BENTO_IO", message, {
        where: `engine ${program}`,
        hint: `look at its settings: ${program} info`,
      });
}

/** A program that ends before it has read everything says why on its own; the broken pipe is not the reason. */
async function feed(input: ByteStream | undefined, stdin: Writable | null): Promise<void> {
  if (input !== undefined && stdin !== null) {
    await pipeline(input, stdin).catch((error: unknown) => {
      const isPipe = error instanceof Error && "code" in error && error.code === "EPIPE";
      if (!isPipe) {
        throw error;
      }
    });
  }
}

async function collect(stream: Readable | null): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream ?? []) {
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

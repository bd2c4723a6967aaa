/**
 * The log of a container, as podman and docker keep it: both streams, line by line as they come.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { PassThrough } from "node:stream";
import type { LogOptions } from "../adapter.ts";
import { type ContainerProgram, programEnvironment } from "./container-program.ts";
import type { EngineContext } from "./engine.ts";
import { findProgram } from "./find-program.ts";

/** @param options - `follow` goes on until the signal or the container's end, and then ends without an error */
export async function* containerLog(
  program: ContainerProgram,
  name: string,
  options: LogOptions,
  { ambient, signal }: Pick<EngineContext, "ambient" | "signal">,
): AsyncGenerator<string> {
  const args = [
    "logs",
    ...(options.follow === true ? ["--follow"] : []),
    ...(options.tail === undefined ? [] : ["--tail", String(options.tail)]),
    name,
  ];
  const child = spawn(await findProgram(program, ambient), args, {
    env: { ...programEnvironment(program, ambient) },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const both = new PassThrough();
  let open = 2;
  for (const stream of [child.stdout, child.stderr]) {
    stream.pipe(both, { end: false });
    stream.on("close", () => {
      open -= 1;
      if (open === 0) {
        both.end();
      }
    });
  }
  child.on("error", () => both.end());
  const stop = () => child.kill("SIGTERM");
  signal?.addEventListener("abort", stop, { once: true });
  try {
    if (signal?.aborted !== true) {
      yield* createInterface({ input: both, crlfDelay: Number.POSITIVE_INFINITY });
    }
  } finally {
    signal?.removeEventListener("abort", stop);
    stop();
  }
}

/**
 * Loads a model and makes a runner of it: tensors in, tensors out, concurrent calls coalesced where the model allows.
 *
 * @module
 */
import { access } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { BentoError } from "../../core/bento-error.ts";
import type { BatchSettings } from "../../core/model-ref.ts";
import { type OnnxSession, openSession, type RunnerSpec } from "./onnx-session.ts";
import { createRunner, type LoadedRunner } from "./runner.ts";
import { type ModelHost, openWorkerPool } from "./worker-pool.ts";

export interface LoadRunnerOptions {
  /** The .onnx file. */
  readonly path: string;
  /** How messages call the model. @default "model" */
  readonly name?: string;
  /** Worker threads, each with the model in memory. @default 1 */
  readonly threads?: number;
  /** Threads within one run. @default 1, or all cores when there is one worker */
  readonly intraOpThreads?: number;
  /** Whether rows of several calls may share a run. @default when the first axis of all inputs and outputs is symbolic */
  readonly batchable?: boolean | undefined;
  readonly settings?: BatchSettings | undefined;
  /** `inline` runs on this thread, which stands still meanwhile. @default "worker" */
  readonly mode?: "worker" | "inline";
  /** Module of the worker thread. @default onnx-worker beside this module */
  readonly workerUrl?: URL;
  /** A worker thread died and is replaced at the next call. */
  onDeath?(error: BentoError): void;
}

/**
 * @throws BentoError BENTO_NOT_FOUND when there is no such file, BENTO_INVALID_MODEL when it is no loadable model,
 * BENTO_IO when onnxruntime is not there
 */
export async function loadRunner(options: LoadRunnerOptions): Promise<LoadedRunner> {
  await access(options.path).catch((cause: unknown) => {
    throw new BentoError("BENTO_NOT_FOUND", "no such model file", {
      where: options.path,
      hint: "import or build it again",
      cause,
    });
  });
  process.env["ORT_DISABLE_TELEMETRY"] = "1"; // native code reads the process's environment, not a thread's copy
  const { mode = "worker", threads = 1 } = options;
  const intraOpThreads =
    options.intraOpThreads ?? (threads === 1 && mode === "worker" ? availableParallelism() : 1);
  const input = { path: options.path, intraOpThreads };
  const host =
    mode === "inline"
      ? inlineHost(await openSession(input))
      : await openWorkerPool({
          input,
          threads,
          workerUrl: options.workerUrl ?? defaultWorkerUrl(),
          onDeath: (error) => options.onDeath?.(error),
        });
  return createRunner({
    host,
    name: options.name ?? "model",
    isBatchable: options.batchable ?? hasSymbolicRows(host.spec),
    settings: options.settings,
  });
}

/** True when the first axis of every input and output is open, so that it may be the axis of rows. */
export function hasSymbolicRows(spec: RunnerSpec): boolean {
  return [...spec.inputs, ...spec.outputs].every(({ dims }) => typeof dims[0] === "string");
}

function inlineHost(session: OnnxSession): ModelHost {
  return {
    spec: session.spec,
    threads: 1,
    run: (inputs) => session.run(inputs),
    close: () => session.close(),
  };
}

/** Sources run as .ts; a build and a bundle have the thread's module beside this one as .js. */
function defaultWorkerUrl(): URL {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  return new URL(`./onnx-worker.${extension}`, import.meta.url);
}

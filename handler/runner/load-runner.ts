/**
 * Loads a model and makes a runner of it: tensors in, tensors out, concurrent calls coalesced where the model allows.
 *
 * @module
 */
import { statSync } from "node:fs";
import { availableParallelism } from "node:os";
import { BentoError } from "../../core/bento-error.ts";
import type { Log } from "../../core/endpoint.ts";
import type { BatchSettings } from "../../core/model-ref.ts";
import type { Padding } from "../../core/padding.ts";
import { BATCH_DEFAULTS } from "../batch-loop.ts";
import { type CostProfile, scaleShapeCost } from "../cost-model.ts";
import { silentLog } from "../log.ts";
import type { Flow } from "./fair-share.ts";
import type { ExecutionProvider, RunnerSpec } from "./onnx-session.ts";
import { type Layout, MOST_INLINE_BYTES, type PlacedModel, placeModel } from "./place-model.ts";
import { createRunner, type LoadedRunner } from "./runner.ts";
import { SAMPLE_LENGTH } from "./synthetic-inputs.ts";

export interface LoadRunnerOptions {
  /** The .onnx file. */
  readonly path: string;
  /** How messages call the model. @default "model" */
  readonly name?: string;
  /** Worker threads, each with the model in memory. @default measured */
  readonly threads?: number | undefined;
  /** Threads within one run. @default the cores shared out among the worker threads */
  readonly intraOpThreads?: number | undefined;
  /** Whether rows of several calls may share a run. @default when the first axis of all inputs and outputs is symbolic */
  readonly batchable?: boolean | undefined;
  /** How rows of different lengths share a run. @default they do not */
  readonly padding?: Padding | undefined;
  readonly settings?: BatchSettings | undefined;
  /** `inline` runs on this thread, which stands still meanwhile. @default by measuring */
  readonly mode?: "worker" | "inline" | undefined;
  /** @default "cpu" */
  readonly provider?: ExecutionProvider | undefined;
  /** How long the model may be measured before it is ready, in milliseconds; 0 measures nothing. @default 500 */
  readonly calibrationBudgetMs?: number | undefined;
  /** Whether calls never coalesce: then nothing is measured, and a small model runs on this thread. @default false */
  readonly isOneAtATime?: boolean | undefined;
  /** What `bento profile` measured, to be scaled to this machine. */
  readonly prior?: CostProfile | undefined;
  /** The gate that it shares with other models. @default none */
  readonly flow?: Flow | undefined;
  /** Module of the worker thread; with one, nothing runs on this thread. @default onnx-worker beside this module */
  readonly workerUrl?: URL;
  /** @default silence */
  readonly log?: Log | undefined;
  /** A worker thread died and is replaced at the next call. */
  onDeath?(error: BentoError): void;
}

const CALIBRATION_BUDGET_MS = 500;

/**
 * @throws BentoError BENTO_NOT_FOUND when there is no such file, BENTO_INVALID_MODEL when it is no loadable model,
 * BENTO_UNSUPPORTED when the provider is not there, BENTO_IO when onnxruntime is not there
 */
export async function loadRunner(options: LoadRunnerOptions): Promise<LoadedRunner> {
  const { batchable, settings, padding, flow, name = "model" } = options;
  const placed = await placeFile(options.isOneAtATime === true ? forOneAtATime(options) : options);
  const { host, profile } = placed;
  const { mode, layout } = placed;
  options.log?.info({ model: name, mode, ...layout, points: profile?.points }, "model loaded");
  return createRunner({
    host,
    name,
    isBatchable: batchable ?? hasSymbolicRows(host.spec),
    settings,
    padding,
    flow: mode === "worker" ? flow : undefined,
    costModel: scaleShapeCost({ profile: inUnits(profile, padding) }),
  });
}

/**
 * One copy of the model over all cores, as no second call could use another; nobody waits for this thread either, while it
 * runs a small one.
 */
function forOneAtATime(options: LoadRunnerOptions): LoadRunnerOptions {
  const { path, threads = 1, provider, workerUrl } = options;
  const isSmall =
    provider !== "cuda" && workerUrl === undefined && sizeOf(path) <= MOST_INLINE_BYTES;
  const mode = options.mode ?? (isSmall ? "inline" : "worker");
  return { ...options, threads, mode, calibrationBudgetMs: 0, prior: undefined };
}

/** What batches of a model with padding cost goes by their rows times their length, not by rows alone. */
function inUnits(
  profile: CostProfile | undefined,
  padding: Padding | undefined,
): CostProfile | undefined {
  return profile === undefined || padding === undefined
    ? profile
    : { points: profile.points.map(({ rows, ms }) => ({ rows: rows * SAMPLE_LENGTH, ms })) };
}

/**
 * Loads a model where it runs best, without a runner: to measure it.
 *
 * @throws BentoError as {@link loadRunner} does
 */
export async function placeFile(options: LoadRunnerOptions): Promise<PlacedModel> {
  const { path, provider, settings, padding, prior, name = "model", log = silentLog } = options;
  const modelBytes = sizeOf(path);
  process.env["ORT_DISABLE_TELEMETRY"] = "1"; // native code reads the process's environment, not a thread's copy
  return placeModel({
    session: { path, provider },
    modelBytes,
    mode: options.mode ?? (options.workerUrl === undefined ? "auto" : "worker"),
    layout: layoutOf(options),
    workerUrl: options.workerUrl ?? defaultWorkerUrl(),
    onDeath: (error) => options.onDeath?.(error),
    measure: (spec) => ({
      name,
      maxRows:
        (options.batchable ?? hasSymbolicRows(spec))
          ? (settings?.maxBatchSize ?? BATCH_DEFAULTS.maxBatchSize)
          : 1,
      deadlineMs: settings?.maxLatencyMs ?? BATCH_DEFAULTS.maxLatencyMs,
      budgetMs: options.calibrationBudgetMs ?? CALIBRATION_BUDGET_MS,
      prior,
      padding,
      log,
    }),
  });
}

function sizeOf(path: string): number {
  try {
    return statSync(path).size;
  } catch (cause) {
    throw new BentoError("BENTO_NOT_FOUND", "no such model file", {
      where: path,
      hint: "import or build it again",
      cause,
    });
  }
}

/** True when the first axis of every input and output is open, so that it may be the axis of rows. */
export function hasSymbolicRows(spec: RunnerSpec): boolean {
  return [...spec.inputs, ...spec.outputs].every(({ dims }) => typeof dims[0] === "string");
}

function layoutOf({ threads, intraOpThreads }: LoadRunnerOptions): Layout | undefined {
  if (threads === undefined && intraOpThreads === undefined) {
    return undefined;
  }
  const beside = threads ?? 1;
  const shared = Math.max(1, Math.floor(availableParallelism() / beside));
  return { threads: beside, intraOpThreads: intraOpThreads ?? shared };
}

/** Sources run as .ts; a build and a bundle have the thread's module beside this one as .js. */
function defaultWorkerUrl(): URL {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  return new URL(`./onnx-worker.${extension}`, import.meta.url);
}

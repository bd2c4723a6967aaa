/**
 * Calibrates a loaded model on inputs that are made up from its spec. No code of the user's runs.
 *
 * @module
 */
import type { Log } from "../../core/endpoint.ts";
import type { Padding } from "../../core/padding.ts";
import { calibrate } from "../calibrate.ts";
import { type Clock, systemClock } from "../clock.ts";
import type { CostProfile } from "../cost-model.ts";
import { BufferPool } from "./buffer-pool.ts";
import { copyTensors } from "./join-rows.ts";
import { syntheticInputs, unknownInput } from "./synthetic-inputs.ts";
import type { ModelHost } from "./worker-pool.ts";

export interface MeasureOptions {
  /** How messages call the model. */
  readonly name: string;
  /** 1 for a model that takes one call at a time. */
  readonly maxRows: number;
  /** Longest time to an answer in milliseconds. */
  readonly deadlineMs: number;
  /** For all runs together, in milliseconds; 0 measures nothing. */
  readonly budgetMs: number;
  readonly prior?: CostProfile | undefined;
  readonly padding?: Padding | undefined;
  readonly log: Log;
  /** @default the process's */
  readonly clock?: Clock | undefined;
}

/** @returns undefined where no inputs can be made up, or the model fails on them; the log says so */
export async function measureModel(
  host: ModelHost,
  options: MeasureOptions,
): Promise<CostProfile | undefined> {
  const { name, budgetMs, padding, log } = options;
  if (budgetMs <= 0) {
    return undefined;
  }
  const why = unknownInput(host.spec, padding);
  if (why !== undefined) {
    log.info({ model: name, why }, "model not calibrated");
    return undefined;
  }
  try {
    return await calibrate({ ...options, run: (rows) => timedRun(host, rows, options) });
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    log.info({ model: name, why: `it fails on made-up inputs: ${text}` }, "model not calibrated");
    return undefined;
  }
}

/**
 * Runs the model on all of its threads at once, first on one row, so that no caller pays for what a thread makes at its
 * first run. Given up when the budget is spent, or the model fails.
 *
 * @param rows - of the second run
 */
export async function warmThreads(
  host: ModelHost,
  rows: number,
  options: Pick<MeasureOptions, "padding" | "clock" | "budgetMs">,
): Promise<void> {
  const runAll = (size: number) =>
    Promise.all(Array.from({ length: host.threads }, () => timedRun(host, size, options)));
  const isOver = Promise.withResolvers<void>();
  const timer = setTimeout(isOver.resolve, options.budgetMs);
  const work = async () => {
    await host.settled?.();
    await runAll(1);
    await runAll(rows);
  };
  await Promise.race([isOver.promise, work().catch(() => {})]);
  clearTimeout(timer);
}

/**
 * Rows a second of a model that runs as many batches at once as it can.
 *
 * @param rows - of each batch
 * @throws what the model fails with
 */
export async function measureRate(
  host: ModelHost,
  rows: number,
  options: Pick<MeasureOptions, "padding" | "clock">,
): Promise<number> {
  const { clock = systemClock } = options;
  let bestMs = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 2; round += 1) {
    const startedAt = clock.now();
    const runs = Array.from({ length: host.threads }, () => timedRun(host, rows, options));
    await Promise.all(runs);
    bestMs = Math.min(bestMs, clock.now() - startedAt);
  }
  return (1000 * rows * host.threads) / bestMs;
}

async function timedRun(
  host: ModelHost,
  rows: number,
  { padding, clock = systemClock }: Pick<MeasureOptions, "padding" | "clock">,
): Promise<number> {
  const inputs = syntheticInputs(host.spec, rows, padding);
  const startedAt = clock.now();
  // copied within the time, as the rows of callers are
  await host.run(copyTensors(inputs, host.memory ?? new BufferPool()));
  return clock.now() - startedAt;
}

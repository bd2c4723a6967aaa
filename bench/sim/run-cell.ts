/**
 * Runs one workload under one policy or several: the same arrivals and the same noise for each.
 *
 * @module
 */
import { calibrate } from "../../handler/calibrate.ts";
import { type Arrivals, arrivalsOf } from "./arrivals.ts";
import { type Bounds, boundsOf } from "./bounds.ts";
import { type Disturbance, executorModel, type Line, NOISY } from "./executor.ts";
import { type Cell, deadlineOf, lineOf, MAX_BATCH_SIZE, type Plan } from "./grid.ts";
import type { Summary } from "./metrics.ts";
import { POLICIES, type PolicyName } from "./policies/catalog.ts";
import { hashOf, randomStream } from "./random.ts";
import { type ClosedLoop, simulate } from "./simulate.ts";

/** A workload, spelt out. */
export interface Workload {
  /** Names the streams of random numbers. */
  readonly name: string;
  readonly seed: number;
  readonly line: Line;
  readonly deadlineMs: number;
  readonly rowsPerMs: number;
  readonly untilMs: number;
  readonly warmUpMs: number;
  /** @default 1024 */
  readonly maxBatchSize?: number;
  /** @default 1 */
  readonly runners?: number;
  /** @default the noise of a shared machine */
  readonly disturbance?: Disturbance;
  arrivals?(): Arrivals;
  readonly closedLoop?: ClosedLoop;
}

/** Longest time for the measurements before the first request. */
const CALIBRATION_MS = 2000;

export async function runWorkload<Name extends PolicyName>(
  workload: Workload,
  policies: readonly Name[],
): Promise<Record<Name, Summary>> {
  const { line, deadlineMs, rowsPerMs, untilMs, disturbance = NOISY } = workload;
  const maxBatchSize = workload.maxBatchSize ?? MAX_BATCH_SIZE;
  const seed = (workload.seed ^ hashOf(workload.name)) >>> 0;
  const quiet = executorModel({ line, seed: ~seed, disturbance: steady(disturbance), untilMs });
  let calibrations = 0;
  const { points } = await calibrate({
    run: async (rows) => quiet.runMs(rows, calibrations++, 0),
    maxRows: maxBatchSize,
    deadlineMs,
    budgetMs: CALIBRATION_MS,
  });
  const situation = { line, deadlineMs, maxBatchSize, rowsPerMs, profile: points };
  const simulated = policies.map((policy) => {
    const { arrivals, ...rest } = workload;
    return simulate({
      ...rest,
      ...(arrivals === undefined ? {} : { arrivals: arrivals() }),
      policy: POLICIES[policy],
      situation,
      executor: executorModel({ line, seed, disturbance, untilMs }),
    });
  });
  const entries = policies.map((policy, index) => [policy, simulated[index]]);
  return Object.fromEntries(entries);
}

/** Calibration comes before what changes in time. */
function steady({ trend: _trend, ...disturbance }: Disturbance): Disturbance {
  return disturbance;
}

export function workloadOf(cell: Cell, plan: Plan, seed: number): Workload {
  const line = lineOf(cell);
  const rowsPerMs = cell.rho / line.betaMs;
  const untilMs = Math.max(plan.leastMs, Math.min(plan.mostMs, plan.requests / rowsPerMs));
  const name = Object.values(cell).join(" ");
  const arrivals = () =>
    arrivalsOf({
      kind: cell.arrivals,
      rowsPerMs,
      untilMs,
      random: randomStream(seed, `arrivals ${name}`),
    });
  return {
    name,
    seed,
    line,
    deadlineMs: deadlineOf(cell),
    rowsPerMs,
    untilMs,
    warmUpMs: untilMs / 5,
    arrivals,
  };
}

export interface CellResult {
  readonly cell: Cell;
  /** Rows a second. */
  readonly bounds: Bounds;
  readonly policies: Readonly<Partial<Record<PolicyName, Figures>>>;
}

/** Means over the seeds. */
export type Figures = Omit<Summary, "total" | "hash" | "isLivelocked"> & {
  /** Seeds in which it happened. */
  readonly livelocks: number;
  /** Of all outcomes. */
  readonly hash: number;
};

export async function runCell(cell: Cell, plan: Plan): Promise<CellResult> {
  const names = plan.policiesOf(cell);
  const runs: Partial<Record<PolicyName, Summary>>[] = [];
  for (const seed of plan.seeds) {
    runs.push(await runWorkload(workloadOf(cell, plan, seed), names));
  }
  const line = lineOf(cell);
  const { fifo, earlyDrop, hard } = boundsOf({
    line,
    deadlineMs: deadlineOf(cell),
    rowsPerMs: cell.rho / line.betaMs,
    maxBatchSize: MAX_BATCH_SIZE,
  });
  return {
    cell,
    bounds: { fifo: 1000 * fifo, earlyDrop: 1000 * earlyDrop, hard: 1000 * hard },
    policies: Object.fromEntries(
      names.map((name) => [name, meanOf(runs.flatMap((summaries) => summaries[name] ?? []))]),
    ),
  };
}

export function meanOf(summaries: readonly Summary[]): Figures {
  const mean = (read: (summary: Summary) => number) =>
    summaries.reduce((sum, summary) => sum + read(summary), 0) / summaries.length;
  return {
    offered: mean((summary) => summary.offered),
    offeredPerS: mean((summary) => summary.offeredPerS),
    goodRowsPerS: mean((summary) => summary.goodRowsPerS),
    goodShare: mean((summary) => summary.goodShare),
    lateShare: mean((summary) => summary.lateShare),
    rejectedAtOnce: mean((summary) => summary.rejectedAtOnce),
    rejectedAfterWait: mean((summary) => summary.rejectedAfterWait),
    meanMs: mean((summary) => summary.meanMs),
    p50Ms: mean((summary) => summary.p50Ms),
    p99Ms: mean((summary) => summary.p99Ms),
    maxMs: mean((summary) => summary.maxMs),
    meanBatchRows: mean((summary) => summary.meanBatchRows),
    largestBatchRows: mean((summary) => summary.largestBatchRows),
    utilisation: mean((summary) => summary.utilisation),
    meanOpen: mean((summary) => summary.meanOpen),
    longestIdleMs: mean((summary) => summary.longestIdleMs),
    livelocks: summaries.filter((summary) => summary.isLivelocked).length,
    hash: summaries.reduce((hash, summary) => Math.imul(hash, 31) ^ summary.hash, 0) >>> 0,
  };
}

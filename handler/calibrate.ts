/**
 * Measures t(n), the run time of a batch by its rows, before the first request. It stays within its budget as far as
 * what it has seen lets it foresee, and ends with what it has.
 *
 * @module
 */
import type { CostProfile } from "./cost-model.ts";

export interface CalibrateOptions {
  /** Runs the model once on made-up rows. @returns milliseconds */
  run(rows: number): Promise<number>;
  /** Most rows in a batch. */
  readonly maxRows: number;
  /** Sizes that take longer are of no use: the longest time to an answer, in milliseconds. */
  readonly deadlineMs: number;
  /** What all runs together may take, in milliseconds; one run is always made, and one of 2 rows unless the first took all. */
  readonly budgetMs: number;
  /** What was measured before, perhaps elsewhere: then one or two sizes are run, and the rest is scaled by them. */
  readonly prior?: CostProfile | undefined;
}

/** Of each size; the shortest counts, for whatever disturbs a run makes it longer. */
const RUNS = 3;

/**
 * Code that runs for the first times is slower by several times what a tiny model takes: then more runs of the first size,
 * up to these. For the other sizes it is warm.
 */
const TINY_RUNS = 20;
const TINY_TOTAL_MS = 3;

/** A clock that did not move says no more than that. */
const LEAST_MS = 0.001;

/** With a prior, 8 rows are run too where one row is quicker than this. */
const QUICK_MS = 20;

/**
 * @returns at least the point of one row, and a second one, be it slower than the deadline, where there is time for any;
 * ascending rows up to `maxRows`
 * @throws whatever `run` throws
 */
export async function calibrate(options: CalibrateOptions): Promise<CostProfile> {
  const { prior } = options;
  const known = prior?.points.filter(({ rows }) => rows <= options.maxRows) ?? [];
  if (known.length < 2) {
    const points = await measure(sizesUpTo(options.maxRows), options);
    return { points: await withSecond(points, options) };
  }
  const sizes = [1, 8].filter((rows) => rows <= options.maxRows);
  const seen = await measure(sizes, { ...options, slowestMs: QUICK_MS });
  return { points: rescale(known, seen) };
}

/** 1, 8, 32, then twice as many each time, and the cap itself. */
function sizesUpTo(maxRows: number): number[] {
  const sizes = [1, 8];
  for (let rows = 32; rows < maxRows; rows *= 2) {
    sizes.push(rows);
  }
  return [...sizes.filter((rows) => rows < maxRows), maxRows];
}

interface Point {
  readonly rows: number;
  readonly ms: number;
}

async function measure(
  sizes: readonly number[],
  options: CalibrateOptions & { readonly slowestMs?: number },
): Promise<Point[]> {
  const { run, deadlineMs, budgetMs, slowestMs = deadlineMs } = options;
  const points: Point[] = [];
  let spentMs = 0;
  for (const rows of sizes) {
    const last = points.at(-1);
    const isTooMuch =
      last !== undefined &&
      (last.ms > slowestMs || leastMs(points, rows) > Math.min(deadlineMs, budgetMs - spentMs));
    if (isTooMuch) {
      break;
    }
    const { ms, totalMs } = await shortest(() => run(rows), {
      mostRuns: last === undefined ? TINY_RUNS : RUNS,
      budgetMs: budgetMs - spentMs,
    });
    spentMs += totalMs;
    if (ms > deadlineMs && points.length > 1) {
      break; // as second point it still tells what a batch costs from what a row costs
    }
    points.push({ rows, ms });
  }
  return points;
}

/** One size tells nothing of another: 2 rows are run where there seemed to be no time for more. */
async function withSecond(points: Point[], options: CalibrateOptions): Promise<Point[]> {
  const { run, maxRows, budgetMs } = options;
  const [only] = points;
  if (only === undefined || points.length > 1 || maxRows < 2 || only.ms > budgetMs) {
    return points;
  }
  return [only, { rows: 2, ms: Math.max(LEAST_MS, await run(2)) }];
}

async function shortest(
  run: () => Promise<number>,
  { mostRuns, budgetMs }: { readonly mostRuns: number; readonly budgetMs: number },
) {
  const once = async () => Math.max(LEAST_MS, await run());
  const firstMs = await once(); // pays for what is made at the first run of a shape
  let ms = firstMs;
  let totalMs = 0;
  for (let runs = 1; runs < RUNS || (runs < mostRuns && totalMs < TINY_TOTAL_MS); runs += 1) {
    if (firstMs + totalMs + ms > budgetMs) {
      break;
    }
    const took = await once();
    totalMs += took;
    ms = Math.min(ms, took);
  }
  return { ms, totalMs: firstMs + totalMs };
}

/** What a size takes if the line through the last two points goes on; as long as the last one, where there is no line. */
function leastMs(points: readonly Point[], rows: number): number {
  const [before, last] = [points.at(-2), points.at(-1)];
  if (last === undefined || before === undefined) {
    return last?.ms ?? 0;
  }
  const slope = Math.max(0, (last.ms - before.ms) / (last.rows - before.rows));
  return last.ms + slope * (rows - last.rows);
}

/** The prior's shape at this machine's speed: by the mean ratio of what both know. */
function rescale(prior: readonly Point[], seen: readonly Point[]): Point[] {
  const logs = seen.map(({ rows, ms }) => Math.log(ms / at(prior, rows)));
  const factor = Math.exp(logs.reduce((sum, log) => sum + log, 0) / logs.length);
  return prior.map(({ rows, ms }) => ({ rows, ms: ms * factor }));
}

/** t(n) between and beyond points, on the line of the two nearest. */
function at(points: readonly Point[], rows: number): number {
  const above = points.findIndex((point) => point.rows >= rows);
  const upper = above < 0 ? points.length - 1 : Math.max(above, 1);
  const [low, high] = [points[upper - 1], points[upper]];
  if (low === undefined || high === undefined) {
    return points[0]?.ms ?? LEAST_MS;
  }
  const share = (rows - low.rows) / (high.rows - low.rows);
  return Math.max(LEAST_MS, low.ms + share * (high.ms - low.ms));
}

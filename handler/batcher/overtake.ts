/**
 * Who gives way when a batch has no place for a caller because those who came first cannot wait for it: its oldest callers,
 * but only where two or more who come later are answered for each of them, and never in lasting overload.
 *
 * @module
 */
import type { BatchQueue } from "./batch-queue.ts";
import type { Job } from "./job.ts";
import type { Plan } from "./plan.ts";
import type { PlannedBatch } from "./planned-batch.ts";

/** Rows that are answered more, at least, for each row given up. */
const MIN_GAIN = 1;
/** The load from which most callers are turned away whatever is done: then they are when they come. */
const MAX_LOAD = 1.75;

export interface OvertakeOptions<P, R> {
  readonly queue: BatchQueue<P, R>;
  readonly plan: Plan<P, R>;
  readonly now: number;
}

export interface Overtaken<P, R> {
  readonly batch: PlannedBatch<P, R>;
  /** Callers to give up. */
  readonly jobs: readonly Job<P, R>[];
}

/** @returns undefined where too little is gained by giving anyone up */
export function overtaken<P, R>(
  job: Job<P, R>,
  { queue, plan, now }: OvertakeOptions<P, R>,
): Overtaken<P, R> | undefined {
  const { rows, priority = "normal", group = "", units = 1 } = job.arrival;
  const batch = queue.openBatch(priority, group);
  const isLast = batch !== undefined && batch === queue.batches.at(-1);
  if (!isLast || !batch.isOpen || priority === "low" || !(plan.load < MAX_LOAD)) {
    return undefined;
  }
  const startsAt = plan.readyAt(queue.batches.length - 1, now);
  const expected = rows + plan.expectedRows(startsAt - now);
  if (startsAt + plan.grownMs(batch, startsAt - now, rows - 1) > job.planBy) {
    return undefined; // whoever goes: with all that will come it would be late itself
  }
  const jobs: Job<P, R>[] = [];
  let lost = 0;
  for (const { job: next, from, to } of batch.parts) {
    if (next.isSettled) {
      continue;
    }
    const size = batch.rows + Math.max(rows - lost, Math.ceil(MIN_GAIN * lost));
    const endsBy = startsAt + plan.rowsMs(size, Math.max(units, batch.units));
    if (lost > 0 && size <= plan.size && endsBy <= Math.min(job.planBy, next.planBy)) {
      return endsBy <= earliestOf(batch, jobs.length) ? { batch, jobs } : undefined;
    }
    lost += to - from;
    jobs.push(next);
    if (expected < (1 + MIN_GAIN) * lost || size > plan.size || to - from < next.arrival.rows) {
      return undefined;
    }
  }
  return undefined;
}

/** When a batch would have to end without the first of its callers. */
function earliestOf<P, R>({ parts }: PlannedBatch<P, R>, without: number): number {
  const kept = parts.filter(({ job }) => !job.isSettled).slice(without);
  return Math.min(...kept.map(({ job }) => job.planBy));
}

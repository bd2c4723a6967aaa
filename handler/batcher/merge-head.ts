/**
 * Fills the batch that is next with rows of related groups, such as those of another length, when a runner is free for
 * it: only then is it known which batches are too empty. They are joined where one run takes no longer than several,
 * little of it is padding, and every promise still holds.
 *
 * @module
 */
import type { CostModel } from "../cost-model.ts";
import type { BatchQueue } from "./batch-queue.ts";
import type { BatcherConfig } from "./batcher-config.ts";
import type { Plan } from "./plan.ts";
import type { PlannedBatch } from "./planned-batch.ts";

/** Largest share of a joined batch that may be padding. */
const MOST_PADDING = 0.2;

export interface MergeHeadOptions<P, R> {
  readonly config: BatcherConfig;
  readonly costModel: CostModel;
  readonly queue: BatchQueue<P, R>;
  readonly plan: Plan<P, R>;
  readonly now: number;
  /** Runners without work: as many batches start at once, and gain nothing by being joined. */
  readonly freeRunners: number;
}

/** Joins the first batch with whichever others it should be run with. */
export function mergeHead<P, R>(options: MergeHeadOptions<P, R>): void {
  const { config, costModel, queue } = options;
  const isPossible =
    config.maxUnits !== undefined && costModel.isTrained && queue.batches.length > 1;
  while (isPossible && queue.batches[0]?.family !== undefined) {
    const candidates = queue.batches
      .slice(options.freeRunners)
      .filter((batch) => isWorthIt(queue.batches[0], batch, options))
      .sort((a, b) => b.units - a.units);
    if (!candidates.some((batch) => mergeKeepingPromises(batch, options))) {
      return;
    }
  }
}

function isWorthIt<P, R>(
  head: PlannedBatch<P, R> | undefined,
  other: PlannedBatch<P, R>,
  { config, costModel, plan }: MergeHeadOptions<P, R>,
): boolean {
  if (head === undefined || head === other || !isRelated(head, other)) {
    return false;
  }
  const rows = head.rows + other.rows;
  const units = Math.max(head.units, other.units);
  const work = plan.workOf(rows, units);
  if (rows > plan.size || work > (config.maxUnits ?? 0)) {
    return false;
  }
  const apartMs = [head, other].reduce(
    (sum, batch) => sum + (costModel.predict(plan.workOf(batch.rows, batch.units)) ?? 0),
    0,
  );
  const filled = unitsOf(head) + unitsOf(other);
  return filled >= (1 - MOST_PADDING) * work && (costModel.predict(work) ?? 0) <= apartMs;
}

function isRelated<P, R>(head: PlannedBatch<P, R>, other: PlannedBatch<P, R>): boolean {
  return (
    head.family === other.family &&
    head.priority === other.priority &&
    head.suspects === undefined &&
    other.suspects === undefined
  );
}

/** Work units of its rows, without padding. */
function unitsOf<P, R>(batch: PlannedBatch<P, R>): number {
  let units = 0;
  for (const { job, from, to } of batch.parts) {
    units += job.isSettled ? 0 : (to - from) * (job.arrival.units ?? 1);
  }
  return units;
}

/** @returns false, with all as it was, where someone would be late */
function mergeKeepingPromises<P, R>(
  other: PlannedBatch<P, R>,
  { queue, plan, now }: MergeHeadOptions<P, R>,
): boolean {
  const undo = queue.merge(queue.batches.indexOf(other));
  plan.changed();
  plan.refresh(now);
  if (plan.isCostKnown && !plan.keepsPromises(0, now)) {
    undo();
    plan.changed();
    return false;
  }
  return true;
}

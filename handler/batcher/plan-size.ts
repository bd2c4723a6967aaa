/**
 * How many rows to plan a batch with: as many as let callers that just missed a batch be answered in time by the next one,
 * or, when more arrive than can be served, fewer, fresher callers in larger batches.
 *
 * @module
 */
import type { CostModel } from "../cost-model.ts";

export interface PlanSizeQuestion {
  readonly costModel: CostModel;
  /** Most rows. */
  readonly cap: number;
  readonly runners: number;
  /** The latency limit less margin and slack, in milliseconds. */
  readonly limitMs: number;
  /** Rows per millisecond. */
  readonly arrivalRate: number;
}

/** @returns 1 to `cap`; `cap` while the cost is unknown */
export function planSize(question: PlanSizeQuestion): number {
  const { costModel, runners, limitMs, arrivalRate } = question;
  const cap = costModel.bestRows(question.cap);
  const single = costModel.plan(1);
  if (single === undefined) {
    return cap;
  }
  const costMs = (rows: number) => costModel.plan(rows) ?? 0;
  if ((costMs(cap) * (runners + 1)) / runners <= limitMs) {
    return cap;
  }
  const half = largest(cap, (rows) => (costMs(rows) * (runners + 1)) / runners <= limitMs);
  if (arrivalRate === 0) {
    return half;
  }
  const strictness = single / (costModel.predict(1) ?? single);
  const gate = largest(cap, (rows) => costMs(rows) + (strictness * rows) / arrivalRate <= limitMs);
  return Math.max(half, gate);
}

/** The largest size from 1 to `cap` that fits, given that smaller ones fit too; 1 when none does. */
function largest(cap: number, fits: (rows: number) => boolean): number {
  let low = 1;
  let high = cap;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (fits(middle)) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low;
}

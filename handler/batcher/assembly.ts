/**
 * Makes what a runner gets of the batch that is next: callers that have gone, or whose answer would come too late, are
 * told and left out, and those behind move up into their room.
 *
 * @module
 */
import type { Slice } from "./arrival.ts";
import type { BatchQueue } from "./batch-queue.ts";
import type { Callers } from "./callers.ts";
import type { Part } from "./job.ts";
import type { BatchObserver, BatchStart, StartReason } from "./observer.ts";
import type { PlannedBatch } from "./planned-batch.ts";

export interface AssemblyOptions<P, R> {
  readonly queue: BatchQueue<P, R>;
  readonly callers: Callers<P, R>;
  readonly observer: BatchObserver | undefined;
  readonly now: number;
  readonly random: () => number;
  /** Expected run time; undefined while the cost is unknown. */
  readonly runMs: number | undefined;
}

/** @param planned - a batch that has left the queue */
export function assemble<P, R>(
  planned: PlannedBatch<P, R>,
  options: AssemblyOptions<P, R>,
): readonly Part<P, R>[] {
  const parts = planned.parts.filter((part) => isWanted(part, planned, options));
  if (parts.length === planned.parts.length || planned.suspects !== undefined) {
    return parts;
  }
  // no more than was planned with: those behind were promised what they were by it
  let room = planned.plannedRows - countRows(parts);
  while (room > 0) {
    const part = options.queue.pull(planned, room);
    if (part === undefined) {
      break;
    }
    if (isWanted(part, planned, options)) {
      parts.push(part);
      room -= part.to - part.from;
    }
  }
  return parts;
}

export function countRows<P, R>(parts: readonly Part<P, R>[]): number {
  let rows = 0;
  for (const { from, to } of parts) {
    rows += to - from;
  }
  return rows;
}

export function slicesOf<P, R>(parts: readonly Part<P, R>[]): readonly Slice<P>[] {
  return parts.map(({ job, from, to }) => ({ payload: job.arrival.payload, from, to }));
}

/** What an observer is told of a batch that starts. */
export function describeStart<P, R>(
  planned: PlannedBatch<P, R>,
  parts: readonly Part<P, R>[],
  at: { readonly now: number; readonly isFull: boolean; readonly predictedMs: number | undefined },
): BatchStart {
  const rows = countRows(parts);
  let units = 0;
  for (const { job, from, to } of parts) {
    units += (to - from) * (job.arrival.units ?? 1);
  }
  const queueWaitMs = at.now - planned.openedAt;
  return {
    rows,
    padding: rows * planned.units - units,
    queueWaitMs,
    predictedMs: at.predictedMs,
    reason: reasonOf(planned, at.isFull, queueWaitMs),
  };
}

function reasonOf<P, R>(
  planned: PlannedBatch<P, R>,
  isFull: boolean,
  queueWaitMs: number,
): StartReason {
  if (planned.suspects !== undefined) {
    return "retry";
  }
  if (isFull) {
    return "full";
  }
  return queueWaitMs > 0 ? "held" : "free";
}

function isWanted<P, R>(
  { job }: Part<P, R>,
  planned: PlannedBatch<P, R>,
  { callers, observer, now, random, runMs }: AssemblyOptions<P, R>,
): boolean {
  if (job.isSettled) {
    return false;
  }
  if (job.arrival.signal?.aborted === true) {
    callers.tell(job, { kind: "aborted" });
    observer?.cancelled?.("queued");
    return false;
  }
  if (planned.suspects === undefined && runMs !== undefined && now + runMs > job.dueAt) {
    // by then a batch has run; many may expire at once, so that nothing is planned for each
    const retryAfterMs = Math.max(1, runMs * (0.75 + 0.5 * random()));
    callers.tell(job, { kind: "rejected", reason: "expired", retryAfterMs });
    observer?.rejected?.("expired");
    return false;
  }
  return true;
}

/**
 * A batch that waits for a runner. Rows join it only while every promise made to those behind it still holds, so that it
 * can be run as it stands.
 *
 * @module
 */
import type { Job, Part } from "./job.ts";
import type { Suspects } from "./suspects.ts";

export type Priority = "normal" | "low";

export interface PlannedBatchOptions {
  readonly group: string;
  readonly family: string | undefined;
  readonly priority: Priority;
  readonly tag: number;
  readonly openedAt: number;
}

export class PlannedBatch<P, R> {
  readonly group: string;
  /** Batches of one family may be joined when they are run. */
  readonly family: string | undefined;
  readonly priority: Priority;
  /** Its place among the classes: batches run in the order of their tags. */
  readonly tag: number;
  /** Arrival of its first rows. */
  readonly openedAt: number;
  readonly parts: Part<P, R>[] = [];
  /** Rows that still have a caller. */
  rows = 0;
  /** The most rows it has had: what the batches behind it are planned with. */
  plannedRows = 0;
  /** Most work units of one row. */
  units = 1;
  /** It has to end by then. */
  planBy = Number.POSITIVE_INFINITY;
  /** The latest time that one of its callers wants an answer by, promised or not. */
  latestWantedBy = 0;
  /** Closed ones take no more rows. */
  isOpen = true;
  /** Whether it stands in the queue. */
  isQueued = false;
  /** Set where a batch failed and these rows of it are run again, to find out whose fault it was. */
  suspects: Suspects | undefined;
  /** One of the two halves of the whole batch that failed. */
  isTopHalf = false;

  constructor(options: PlannedBatchOptions) {
    this.group = options.group;
    this.family = options.family;
    this.priority = options.priority;
    this.tag = options.tag;
    this.openedAt = options.openedAt;
  }

  add(part: Part<P, R>): void {
    const { job } = part;
    this.parts.push(part);
    this.rows += part.to - part.from;
    this.plannedRows = Math.max(this.plannedRows, this.rows);
    this.units = Math.max(this.units, job.arrival.units ?? 1);
    this.planBy = Math.min(this.planBy, job.planBy);
    this.latestWantedBy = Math.max(this.latestWantedBy, job.wantedBy);
    job.planned = this;
  }

  /** Takes the last {@link add} back, given a copy of what was before it. */
  undo(before: BatchLimits): void {
    const part = this.parts.pop();
    if (part !== undefined) {
      this.rows -= part.to - part.from;
      part.job.planned = undefined;
    }
    this.planBy = before.planBy;
    this.latestWantedBy = before.latestWantedBy;
    this.units = before.units;
    this.plannedRows = before.plannedRows;
  }

  /** Forgets what callers wanted who have gone since. */
  relax(): void {
    const parts = this.parts.splice(0).filter(({ job }) => !job.isSettled);
    this.rows = 0;
    this.plannedRows = 0;
    this.units = 1;
    this.planBy = Number.POSITIVE_INFINITY;
    this.latestWantedBy = 0;
    for (const part of parts) {
      this.add(part);
    }
  }

  /** A caller has gone: its rows count no more; the part is skipped when the batch is assembled. */
  release(job: Job<P, R>): number {
    let rows = 0;
    for (const part of this.parts) {
      rows += part.job === job ? part.to - part.from : 0;
    }
    this.rows -= rows;
    return rows;
  }
}

export interface BatchLimits {
  readonly planBy: number;
  readonly latestWantedBy: number;
  readonly units: number;
  readonly plannedRows: number;
}

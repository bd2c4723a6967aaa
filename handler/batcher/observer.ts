/**
 * What a batcher tells of its work, for metrics and logs. Nothing that an observer does may change what the batcher does.
 *
 * @module
 */
import type { RejectReason } from "./arrival.ts";

/** Why a batch was started when it was. */
export type StartReason = "full" | "free" | "held" | "retry";

export interface BatchStart {
  readonly rows: number;
  /** Work units that are padding. */
  readonly padding: number;
  /** How long its first caller waited. */
  readonly queueWaitMs: number;
  /** Expected run time; undefined while the cost is unknown. */
  readonly predictedMs: number | undefined;
  readonly reason: StartReason;
}

export interface BatchEnd extends BatchStart {
  readonly durationMs: number;
  readonly isGood: boolean;
}

export interface BatchObserver {
  batchStarted?(batch: BatchStart): void;
  batchEnded?(batch: BatchEnd): void;
  rejected?(reason: RejectReason): void;
  /** A failed batch of so many callers is run again in halves. */
  bisected?(callers: number): void;
  cancelled?(where: "queued" | "running"): void;
}

/** How a batcher stands. */
export interface BatchSnapshot {
  readonly queuedRows: number;
  readonly queuedBytes: number;
  /** Batches at work. */
  readonly running: number;
  /** c: rows that a batch is planned with. */
  readonly plannedRows: number;
  /** Rows per millisecond. */
  readonly arrivalRate: number;
  readonly alphaMs: number | undefined;
  readonly betaMs: number | undefined;
  readonly spread: number;
  readonly lingering: boolean;
}

/**
 * What comes into a batcher and what goes out of it. Everything counts rows.
 *
 * @module
 */

/** One caller's rows. */
export interface Arrival<P, R> {
  /** Rows to work on, at least 1. All limits count rows. */
  readonly rows: number;
  readonly payload: P;
  /** Only rows of the same group share a batch, e.g. those of one shape. @default "" */
  readonly group?: string | undefined;
  /** Batches of different groups of one family may be joined where little is lost to padding. @default none */
  readonly family?: string | undefined;
  /** Longest time to the answer, in milliseconds from {@link arrivedAt}. @default the configuration's `maxLatencyMs` */
  readonly deadlineMs?: number | undefined;
  /** When the process got it, by the clock; never in the future. @default now */
  readonly arrivedAt?: number | undefined;
  /** `low` rows give way to `normal` ones, but always get a share of the work. @default "normal" */
  readonly priority?: "normal" | "low" | undefined;
  /** Memory that these rows hold while they wait. @default 0 */
  readonly bytes?: number | undefined;
  /** Work of one row where rows differ, e.g. tokens; a batch is padded to its largest. @default 1 */
  readonly units?: number | undefined;
  /** Read when a batch is assembled: callers that have gone are dropped there. */
  readonly signal?: { readonly aborted: boolean } | undefined;
  /** Called once. */
  settle(outcome: Outcome<R>): void;
}

export type Outcome<R> =
  /** All rows are done; the pieces, joined in order, are the caller's results. */
  | { readonly kind: "done"; readonly pieces: readonly Piece<R>[] }
  | { readonly kind: "failed"; readonly error: unknown }
  /**
   * Refused on arrival: the queue is full, or the answer would come too late. `expired`: let in, then overtaken by a run
   * that took longer than expected, and not run because the answer would come too late. `overtaken`: let in, then given up
   * for more who came later and can be answered in its place.
   */
  | {
      readonly kind: "rejected";
      readonly reason: RejectReason;
      readonly retryAfterMs: number;
    }
  /** The caller went away first. */
  | { readonly kind: "aborted" };

export type RejectReason = "queue-full" | "too-late" | "expired" | "overtaken";

/** Rows `from` (inclusive) to `to` (exclusive) of the results of one batch. */
export interface Piece<R> {
  readonly results: R;
  readonly from: number;
  readonly to: number;
}

/** Rows `from` (inclusive) to `to` (exclusive) of one caller. */
export interface Slice<P> {
  readonly payload: P;
  readonly from: number;
  readonly to: number;
}

/** What goes to a runner at once; the slices stand in the order of arrival. */
export interface Batch<P> {
  readonly rows: number;
  readonly slices: readonly Slice<P>[];
}

export type BatchResult<R> =
  /**
   * `count` is how many rows came back, whatever they are made of; `runMs` how long they took where they ran, if that was
   * timed there.
   */
  | {
      readonly kind: "results";
      readonly results: R;
      readonly count: number;
      readonly runMs?: number | undefined;
    }
  | { readonly kind: "error"; readonly error: unknown };

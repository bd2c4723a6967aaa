/**
 * Drives a {@link Batcher} in a real process: promises for its callers, timers for its ticks. Dispatch waits for the next
 * turn of the event loop, so that all requests readable in one poll join one batch.
 *
 * @module
 */
import { BentoError } from "../core/bento-error.ts";
import type { BatchSettings } from "../core/model-ref.ts";
import {
  type Arrival,
  type Batch,
  Batcher,
  type BatcherConfig,
  type Outcome,
  type Piece,
} from "./batcher.ts";
import type { Cancellation } from "./cancellation.ts";
import { type Clock, systemClock, systemTimers, type Timers } from "./clock.ts";
import { type CostModel, scaleShapeCost } from "./cost-model.ts";
import { overloaded } from "./overload.ts";

export interface BatchLoopOptions<P, R> {
  /** What the rows go to, for messages: `model iris`, `apis.classify`. */
  readonly subject: string;
  readonly settings?: BatchSettings | undefined;
  /** Batches that may run at once. @default 1 */
  readonly runners?: number;
  /** @default 100 batches of `maxBatchSize` */
  readonly maxQueueRows?: number;
  /** Runs one batch; `count` is the number of rows that came back. */
  execute(batch: Batch<P>): Promise<{ readonly results: R; readonly count: number }>;
  /** The error when `count` results came back for `rows` rows. */
  wrongCount(count: number, rows: number): Error;
  readonly clock?: Clock;
  readonly timers?: Timers;
  /** @default scaleShapeCost() */
  readonly costModel?: CostModel;
}

export interface Submission<P> {
  readonly rows: number;
  readonly payload: P;
  readonly group?: string;
  readonly signal?: Cancellation | undefined;
}

/** The defaults of DESIGN.md §5, completed. */
export const BATCH_DEFAULTS = {
  maxBatchSize: 100,
  maxLatencyMs: 60_000,
  maxWaitMs: 0,
} as const satisfies Required<BatchSettings>;

export class BatchLoop<P, R> {
  readonly #batcher: Batcher<P, R>;
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #subject: string;
  #wakeAt: number | undefined;
  #cancelWake: () => void = () => {};

  constructor(options: BatchLoopOptions<P, R>) {
    this.#clock = options.clock ?? systemClock;
    this.#timers = options.timers ?? systemTimers;
    this.#subject = options.subject;
    const run = (batch: Batch<P>) => {
      void this.#execute(options, batch);
    };
    this.#batcher = new Batcher<P, R>({
      clock: this.#clock,
      costModel: options.costModel ?? scaleShapeCost(),
      executor: { runners: options.runners ?? 1, run },
      config: configOf(options),
    });
  }

  /** Rows that wait for a batch. */
  get queuedRows(): number {
    return this.#batcher.queuedRows;
  }

  /**
   * Runs rows with others.
   *
   * @returns the pieces that, joined in order, are the results of these rows
   * @throws BentoError BENTO_OVERLOADED when they are refused; the signal's reason when it is aborted; else what the batch
   * failed with
   */
  async submit(submission: Submission<P>): Promise<readonly Piece<R>[]> {
    const { signal } = submission;
    signal?.throwIfAborted();
    const { promise, resolve } = Promise.withResolvers<Outcome<R>>();
    const arrival: Arrival<P, R> = { ...submission, settle: resolve };
    const leave = () => this.#batcher.abort(arrival);
    signal?.addEventListener("abort", leave, { once: true });
    this.#batcher.arrive(arrival);
    this.#wake();
    try {
      return this.#unwrap(await promise, signal);
    } finally {
      signal?.removeEventListener("abort", leave);
    }
  }

  async #execute(options: BatchLoopOptions<P, R>, batch: Batch<P>): Promise<void> {
    try {
      const { results, count } = await options.execute(batch);
      this.#batcher.done(batch, { kind: "results", results, count });
    } catch (error) {
      this.#batcher.done(batch, { kind: "error", error });
    }
    this.#wake();
  }

  #unwrap(outcome: Outcome<R>, signal: Cancellation | undefined): readonly Piece<R>[] {
    switch (outcome.kind) {
      case "done":
        return outcome.pieces;
      case "failed":
        throw outcome.error;
      case "rejected":
        throw overloaded(
          outcome.reason === "queue-full"
            ? `the queue of ${this.#subject} is full`
            : `${this.#subject} cannot answer within its latency limit`,
          outcome.retryAfterMs,
        );
      case "aborted":
        throw signal?.reason ?? new BentoError("BENTO_INTERRUPTED", "the caller has gone");
    }
  }

  /** Makes sure that the batcher is ticked when it next has something to do. */
  #wake(): void {
    const at = this.#batcher.nextTickAt();
    if (at === undefined || (this.#wakeAt !== undefined && this.#wakeAt <= at)) {
      return;
    }
    this.#cancelWake();
    this.#wakeAt = at;
    const delayMs = at - this.#clock.now();
    const tick = () => {
      this.#wakeAt = undefined;
      this.#batcher.tick();
      this.#wake();
    };
    this.#cancelWake =
      delayMs <= 0 ? this.#timers.immediate(tick) : this.#timers.after(delayMs, tick);
  }
}

function configOf<P, R>(options: BatchLoopOptions<P, R>): BatcherConfig {
  const { settings = {} } = options;
  const maxBatchSize = settings.maxBatchSize ?? BATCH_DEFAULTS.maxBatchSize;
  return {
    maxBatchSize,
    maxLatencyMs: settings.maxLatencyMs ?? BATCH_DEFAULTS.maxLatencyMs,
    maxWaitMs: settings.maxWaitMs ?? BATCH_DEFAULTS.maxWaitMs,
    maxQueueRows: options.maxQueueRows ?? 100 * maxBatchSize,
    wrongCount: (count, rows) => options.wrongCount(count, rows),
  };
}

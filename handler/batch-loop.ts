/**
 * Drives a {@link Batcher} in a real process: promises for its callers, timers for its ticks. Dispatch waits for the next
 * turn of the event loop, so that all requests readable in one poll join one batch.
 *
 * @module
 */
import { ApiError } from "../core/api-error.ts";
import { BentoError } from "../core/bento-error.ts";
import type { BatchSettings } from "../core/model-ref.ts";
import { BatchCall, type Submission } from "./batch-call.ts";
import {
  type Batch,
  Batcher,
  type BatcherConfig,
  type BatchObserver,
  type BatchResult,
  type BatchSnapshot,
  type Piece,
} from "./batcher.ts";
import { Caution } from "./caution.ts";
import { type Clock, systemClock, systemTimers, type Timers } from "./clock.ts";
import { type CostModel, scaleShapeCost } from "./cost-model.ts";
import type { Gate, Refused } from "./gate.ts";

export interface BatchLoopOptions<P, R> {
  /** What the rows go to, for messages: `model iris`, `apis.classify`. */
  readonly subject: string;
  readonly settings?: BatchSettings | undefined;
  /** Batches that may run at once. @default 1 */
  readonly runners?: number;
  /** @default 100 batches of `maxBatchSize` */
  readonly maxQueueRows?: number;
  /** Most bytes that wait, by what submissions say of themselves. @default no bound */
  readonly maxQueueBytes?: number | undefined;
  /** Most work units in a batch, for rows of different lengths; the cost model is then told units. @default no bound */
  readonly maxUnits?: number | undefined;
  /** Whether rows of a failed batch are run again, to fail only those at fault. @default true */
  readonly retry?: boolean | undefined;
  /** Runs one batch; `count` is the number of rows that came back, `runMs` how long it took where it ran, if known. */
  execute(batch: Batch<P>): Promise<Omit<Extract<BatchResult<R>, { kind: "results" }>, "kind">>;
  /** The error when `count` results came back for `rows` rows. */
  wrongCount(count: number, rows: number): Error;
  readonly clock?: Clock;
  readonly timers?: Timers;
  /** From 0 to 1, to spread retries. @default Math.random */
  readonly random?: () => number;
  /** @default scaleShapeCost() */
  readonly costModel?: CostModel;
  readonly observer?: BatchObserver | undefined;
}

/** The defaults of DESIGN.md §5, completed. */
export const BATCH_DEFAULTS = {
  maxBatchSize: 100,
  maxLatencyMs: 60_000,
  maxWaitMs: 0,
} as const satisfies Required<BatchSettings>;

/** Longest that a batch that could start waits for the end of a turn of the event loop. */
const LONG_TURN_MS = 1;

/** What onnxruntime and CUDA say, and V8 of a buffer that is too large. */
const OUT_OF_MEMORY =
  /out of memory|failed to allocate memory|bad_alloc|array buffer allocation failed/i;

/** How long a refusal is passed on without another look at the queue. */
const REFUSED_MS = 1;

/** Rows that may wait: 100 batches of `maxBatchSize`. */
export function maxQueueRowsOf({
  maxBatchSize = BATCH_DEFAULTS.maxBatchSize,
}: BatchSettings = {}): number {
  return 100 * maxBatchSize;
}

/**
 * How long rows may take to their answer, by what they go to and by what their caller has left.
 *
 * @returns undefined for what {@link BatchSettings} say
 */
export function deadlineOf(
  timeLeftMs: number | undefined,
  { maxLatencyMs = BATCH_DEFAULTS.maxLatencyMs }: BatchSettings = {},
): number | undefined {
  return timeLeftMs === undefined ? undefined : Math.min(timeLeftMs, maxLatencyMs);
}

export class BatchLoop<P, R> implements Gate {
  readonly #batcher: Batcher<P, R>;
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #subject: string;
  readonly #limitMs: number;
  readonly #caution: Caution;
  #wakeAt: number | undefined;
  #isImmediate = false;
  /** When it was decided to tick at the end of the turn. */
  #wokenAt = 0;
  #cancelWake: () => void = () => {};
  #whenIdle: (() => void)[] = [];
  /** Callers whose rows are being read. */
  #reading = 0;
  #refused: Refused | undefined;
  #refusedAt = 0;

  constructor(options: BatchLoopOptions<P, R>) {
    this.#clock = options.clock ?? systemClock;
    this.#timers = options.timers ?? systemTimers;
    this.#subject = options.subject;
    this.#limitMs = options.settings?.maxLatencyMs ?? BATCH_DEFAULTS.maxLatencyMs;
    this.#caution = new Caution(this.#limitMs);
    const run = (batch: Batch<P>) => {
      void this.#execute(options, batch);
    };
    this.#batcher = new Batcher<P, R>({
      clock: this.#clock,
      costModel: options.costModel ?? scaleShapeCost(),
      executor: { runners: options.runners ?? 1, run },
      config: configOf(options),
      observer: options.observer,
      random: options.random ?? Math.random,
    });
  }

  /** Rows that wait for a batch. */
  get queuedRows(): number {
    return this.#batcher.queuedRows;
  }

  /** Whatever it was given failed of late: callers fail at once, and now and then one is let through to try. */
  get isBroken(): boolean {
    return this.#batcher.isBroken;
  }

  snapshot(): BatchSnapshot {
    return this.#batcher.snapshot();
  }

  /**
   * Runs rows with others.
   *
   * @returns the pieces that, joined in order, are the results of these rows
   * @throws BentoError BENTO_OVERLOADED when they are refused; the signal's reason when it is aborted; else what the batch
   * failed with
   */
  submit(submission: Submission<P>): Promise<readonly Piece<R>[]> {
    const { signal } = submission;
    if (signal?.aborted === true) {
      return Promise.reject(signal.reason);
    }
    return new Promise((resolve, reject) => {
      const call = new BatchCall<P, R>({
        submission,
        subject: this.#subject,
        onBroken: this.#onBroken,
        isLate: this.#isLate,
        resolve,
        reject,
      });
      if (signal !== undefined) {
        call.listen(signal, () => {
          this.#refused = undefined;
          this.#batcher.abort(call);
        });
      }
      this.#batcher.arrive(call);
      this.#wake();
    });
  }

  /** Asked before rows are read; the answer stands until the queue changes, for a millisecond at most. */
  refuse(arrivedAt: number): Refused | undefined {
    const now = this.#clock.now();
    if (this.#isImmediate && now - this.#wokenAt > LONG_TURN_MS) {
      this.#cancelWake();
      this.#tick(); // the turn is so full of callers to refuse that its end is far
    }
    if (this.#refused === undefined || now - this.#refusedAt > REFUSED_MS) {
      const refusal = this.#batcher.wouldRefuse({
        rows: 1 + this.#reading,
        arrivedAt,
        spareMs: this.#caution.at(now),
      });
      this.#refused = refusal && { ...refusal, subject: this.#subject };
      this.#refusedAt = now;
    }
    if (this.#refused !== undefined) {
      this.#batcher.turnedAway(1, this.#refused);
    }
    return this.#refused;
  }

  reading(): () => void {
    this.#reading += 1;
    return this.#endReading;
  }

  readonly #isLate = (arrivedAt: number): boolean => this.#clock.now() - arrivedAt > this.#limitMs;

  readonly #onBroken = (): void => this.#caution.broken(this.#clock.now());

  readonly #endReading = (): void => {
    this.#reading -= 1;
    this.#refused = undefined;
  };

  /** Stops holding rows for others to join, and waits for all that were let in to be answered. */
  async drain(): Promise<void> {
    this.#batcher.drain();
    this.#wake();
    while (!this.#isIdle) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#whenIdle.push(resolve);
      await promise;
    }
  }

  get #isIdle(): boolean {
    return this.#batcher.queuedRows === 0 && this.#batcher.runningBatches === 0;
  }

  async #execute(options: BatchLoopOptions<P, R>, batch: Batch<P>): Promise<void> {
    try {
      this.#batcher.done(batch, { kind: "results", ...(await options.execute(batch)) });
    } catch (error) {
      this.#batcher.done(batch, { kind: "error", error });
    }
    this.#wake();
  }

  /** Makes sure that the batcher is ticked when it next has something to do. */
  #wake(): void {
    this.#refused = undefined; // whatever it was called for has changed the queue
    if (this.#isImmediate) {
      return;
    }
    const at = this.#batcher.nextTickAt();
    if (at === undefined) {
      this.#tellIdle();
      return;
    }
    if (this.#wakeAt !== undefined && this.#wakeAt <= at) {
      return;
    }
    this.#cancelWake();
    this.#wakeAt = at;
    const delayMs = at - this.#clock.now();
    // a timer is late by a millisecond and more: a shorter wait is spent looking in turn after turn of the event loop
    this.#isImmediate = delayMs < 1;
    this.#wokenAt = this.#clock.now();
    this.#cancelWake = this.#isImmediate
      ? this.#timers.immediate(this.#tick)
      : this.#timers.after(delayMs, this.#tick);
  }

  readonly #tick = (): void => {
    this.#wakeAt = undefined;
    this.#isImmediate = false;
    this.#batcher.tick();
    this.#wake();
  };

  #tellIdle(): void {
    if (this.#whenIdle.length > 0 && this.#isIdle) {
      for (const tell of this.#whenIdle.splice(0)) {
        tell();
      }
    }
  }
}

function configOf<P, R>(options: BatchLoopOptions<P, R>): BatcherConfig {
  const { settings = {} } = options;
  const maxBatchSize = settings.maxBatchSize ?? BATCH_DEFAULTS.maxBatchSize;
  const maxLatencyMs = settings.maxLatencyMs ?? BATCH_DEFAULTS.maxLatencyMs;
  return {
    maxBatchSize,
    maxLatencyMs,
    maxWaitMs: settings.maxWaitMs ?? BATCH_DEFAULTS.maxWaitMs,
    maxQueueRows: options.maxQueueRows ?? maxQueueRowsOf(settings),
    maxQueueBytes: options.maxQueueBytes,
    maxUnits: options.maxUnits,
    retry: options.retry,
    // what lies between a runner's end and the caller: a turn of the event loop
    slackMs: Math.min(1, maxLatencyMs / 100),
    wrongCount: (count, rows) => options.wrongCount(count, rows),
    isOutOfMemory: (error) => error instanceof Error && OUT_OF_MEMORY.test(error.message),
    isCallersFault: (error) =>
      (ApiError.isInstance(error) && error.status < 500) ||
      (BentoError.isInstance(error) && error.code === "BENTO_INVALID_INPUT"),
  };
}

/**
 * Forms batches from the rows of many callers. One pure, synchronous state machine: no timers, no clock of its own, no
 * model inside; it is told of events and is the same in production and in a simulation. Two rules hold: every arrival
 * gets exactly one outcome, and a free runner with rows waiting gets a batch in the same tick.
 *
 * @module
 */
import type { Cancellation } from "./cancellation.ts";
import type { Clock } from "./clock.ts";
import type { CostModel } from "./cost-model.ts";

/** One caller's rows. */
export interface Arrival<P, R> {
  /** Rows to work on, at least 1. All limits count rows. */
  readonly rows: number;
  readonly payload: P;
  /** Only rows of the same group share a batch, e.g. those of one shape. @default "" */
  readonly group?: string;
  /** Read when a batch is assembled: callers that have gone are dropped there. */
  readonly signal?: Cancellation | undefined;
  /** Called once. */
  settle(outcome: Outcome<R>): void;
}

export type Outcome<R> =
  /** All rows are done; the pieces, joined in order, are the caller's results. */
  | { readonly kind: "done"; readonly pieces: readonly Piece<R>[] }
  | { readonly kind: "failed"; readonly error: unknown }
  /** Refused on arrival, never after a wait. */
  | {
      readonly kind: "rejected";
      readonly reason: "queue-full" | "too-late";
      readonly retryAfterMs: number;
    }
  /** The caller went away first. */
  | { readonly kind: "aborted" };

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
  /** `count` is how many rows came back, whatever they are made of. */
  | { readonly kind: "results"; readonly results: R; readonly count: number }
  | { readonly kind: "error"; readonly error: unknown };

/** Who runs batches. */
export interface Executor<P> {
  /** Batches that may run at once, at least 1. */
  readonly runners: number;
  /** Starts a batch; its end is told by {@link Batcher.done}. */
  run(batch: Batch<P>): void;
}

export interface BatcherConfig {
  /** Most rows in one batch. A caller with more is split and joined again. */
  readonly maxBatchSize: number;
  /** Longest time to an answer that is promised on arrival, in milliseconds. */
  readonly maxLatencyMs: number;
  /** Longest the first row is held for others to join, in milliseconds. 0 never holds. */
  readonly maxWaitMs: number;
  /** Most rows waiting. A caller that finds the queue empty is always let in. */
  readonly maxQueueRows: number;
  /** The error when `count` results came back for `rows` rows. */
  wrongCount(count: number, rows: number): Error;
}

export interface BatcherOptions<P> {
  readonly clock: Clock;
  readonly executor: Executor<P>;
  readonly costModel: CostModel;
  readonly config: BatcherConfig;
}

interface Job<P, R> {
  readonly arrival: Arrival<P, R>;
  readonly arrivedAt: number;
  /** Rows given to batches so far. */
  taken: number;
  received: number;
  readonly pieces: (Piece<R> & { readonly start: number })[];
}

interface Running<P, R> {
  readonly startedAt: number;
  readonly parts: readonly {
    readonly job: Job<P, R>;
    readonly from: number;
    readonly to: number;
  }[];
}

export class Batcher<P, R> {
  readonly #options: BatcherOptions<P>;
  /** In order of arrival; each has rows that no batch has taken. */
  #queue: Job<P, R>[] = [];
  #queuedRows = 0;
  /** Those without an outcome. */
  readonly #open = new Map<Arrival<P, R>, Job<P, R>>();
  readonly #running = new Map<Batch<P>, Running<P, R>>();

  constructor(options: BatcherOptions<P>) {
    this.#options = options;
  }

  /** Rows that no batch has taken yet. */
  get queuedRows(): number {
    return this.#queuedRows;
  }

  get runningBatches(): number {
    return this.#running.size;
  }

  /** Takes a caller in, or settles it as rejected at once. */
  arrive(arrival: Arrival<P, R>): void {
    const rejected = this.#rejection(arrival.rows);
    if (rejected !== undefined) {
      arrival.settle(rejected);
      return;
    }
    const arrivedAt = this.#options.clock.now();
    const job: Job<P, R> = { arrival, arrivedAt, taken: 0, received: 0, pieces: [] };
    this.#open.set(arrival, job);
    this.#queue.push(job);
    this.#queuedRows += arrival.rows;
  }

  /** The caller has gone: its waiting rows leave the queue, rows that are running are not waited for. */
  abort(arrival: Arrival<P, R>): void {
    const job = this.#open.get(arrival);
    if (job !== undefined) {
      this.#leave(job);
      this.#settle(job, { kind: "aborted" });
    }
  }

  /** A batch has ended. A second end of the same batch is ignored. */
  done(batch: Batch<P>, result: BatchResult<R>): void {
    const running = this.#running.get(batch);
    if (running === undefined) {
      return;
    }
    this.#running.delete(batch);
    if (result.kind === "error") {
      this.#fail(running, result.error);
    } else if (result.count !== batch.rows) {
      this.#fail(running, this.#options.config.wrongCount(result.count, batch.rows));
    } else {
      const { clock, costModel } = this.#options;
      costModel.observe(batch.rows, clock.now() - running.startedAt);
      this.#scatter(running, result.results);
    }
  }

  /** Gives batches to free runners until there is no runner, no row, or only rows that are held to be joined. */
  tick(): void {
    while (this.#hasFreeRunner() && this.#isDue()) {
      const { batch, running } = this.#assemble();
      if (batch.rows === 0) {
        continue; // all that were looked at had gone
      }
      this.#running.set(batch, running);
      try {
        this.#options.executor.run(batch);
      } catch (error) {
        this.done(batch, { kind: "error", error });
      }
    }
  }

  /** When `tick` has something to do next, by the clock; undefined when only another event can change that. */
  nextTickAt(): number | undefined {
    const [head] = this.#queue;
    if (head === undefined || !this.#hasFreeRunner()) {
      return undefined;
    }
    const { clock, config } = this.#options;
    return this.#isDue() ? clock.now() : head.arrivedAt + config.maxWaitMs;
  }

  #hasFreeRunner(): boolean {
    return this.#running.size < this.#options.executor.runners;
  }

  #isDue(): boolean {
    const [head] = this.#queue;
    const { clock, config } = this.#options;
    return (
      head !== undefined &&
      (this.#queuedRows >= config.maxBatchSize || clock.now() >= head.arrivedAt + config.maxWaitMs)
    );
  }

  /**
   * Takes rows of one group from the head of the queue. Only callers above the cap are split: a caller that fits into one
   * batch is answered from one.
   */
  #assemble(): { batch: Batch<P>; running: Running<P, R> } {
    const { clock, config } = this.#options;
    const parts: { job: Job<P, R>; from: number; to: number }[] = [];
    let rows = 0;
    let visited = 0;
    for (const job of this.#queue) {
      const isFull = rows === config.maxBatchSize;
      if (isFull) {
        break;
      }
      if (job.arrival.signal?.aborted === true) {
        visited += 1;
        this.#queuedRows -= job.arrival.rows - job.taken;
        job.taken = job.arrival.rows;
        this.#settle(job, { kind: "aborted" });
        continue;
      }
      if (parts[0] !== undefined && parts[0].job.arrival.group !== job.arrival.group) {
        visited += 1;
        continue;
      }
      const taken = takeRows(job, config.maxBatchSize, config.maxBatchSize - rows);
      if (taken === 0) {
        break;
      }
      visited += 1;
      parts.push({ job, from: job.taken - taken, to: job.taken });
      rows += taken;
    }
    const kept = this.#queue.slice(0, visited).filter((job) => job.taken < job.arrival.rows);
    this.#queue = [...kept, ...this.#queue.slice(visited)];
    this.#queuedRows -= rows;
    const slices = parts.map(({ job, from, to }) => ({ payload: job.arrival.payload, from, to }));
    return { batch: { rows, slices }, running: { startedAt: clock.now(), parts } };
  }

  #scatter(running: Running<P, R>, results: R): void {
    let offset = 0;
    for (const { job, from, to } of running.parts) {
      const end = offset + to - from;
      job.pieces.push({ results, from: offset, to: end, start: from });
      job.received += to - from;
      offset = end;
      if (job.received === job.arrival.rows) {
        // runners may finish in another order than they began
        job.pieces.sort((a, b) => a.start - b.start);
        const pieces = job.pieces.map((piece) => ({
          results: piece.results,
          from: piece.from,
          to: piece.to,
        }));
        this.#settle(job, { kind: "done", pieces });
      }
    }
  }

  #fail(running: Running<P, R>, error: unknown): void {
    for (const { job } of running.parts) {
      this.#leave(job);
      this.#settle(job, { kind: "failed", error });
    }
  }

  #leave(job: Job<P, R>): void {
    const waiting = job.arrival.rows - job.taken;
    if (waiting > 0) {
      this.#queuedRows -= waiting;
      job.taken = job.arrival.rows;
      this.#queue.splice(this.#queue.indexOf(job), 1);
    }
  }

  #settle(job: Job<P, R>, outcome: Outcome<R>): void {
    if (this.#open.delete(job.arrival)) {
      job.arrival.settle(outcome);
    }
  }

  #rejection(rows: number): (Outcome<R> & { kind: "rejected" }) | undefined {
    const { config } = this.#options;
    const waitMs = this.#expectedMs(rows);
    if (this.#queuedRows > 0 && this.#queuedRows + rows > config.maxQueueRows) {
      return { kind: "rejected", reason: "queue-full", retryAfterMs: waitMs ?? 1000 };
    }
    // an idle batcher takes everything: only work can correct a model that is wrong
    const isIdle = this.#queuedRows === 0 && this.#running.size === 0;
    if (isIdle || waitMs === undefined || waitMs <= config.maxLatencyMs) {
      return undefined;
    }
    return { kind: "rejected", reason: "too-late", retryAfterMs: waitMs - config.maxLatencyMs };
  }

  /** Time until rows that arrive now are answered, by the model; undefined while it is untrained. */
  #expectedMs(rows: number): number | undefined {
    const { clock, config, costModel, executor } = this.#options;
    const ahead = this.#queuedRows + rows;
    const batchMs = costModel.predict(Math.min(ahead, config.maxBatchSize));
    if (batchMs === undefined) {
      return undefined;
    }
    const rounds = Math.ceil(Math.ceil(ahead / config.maxBatchSize) / executor.runners);
    const ends = [...this.#running].map(
      ([batch, { startedAt }]) =>
        startedAt + (costModel.predict(batch.rows) ?? batchMs) - clock.now(),
    );
    const untilFreeMs = this.#hasFreeRunner() ? 0 : Math.max(0, Math.min(...ends));
    return untilFreeMs + rounds * batchMs;
  }
}

/** Moves rows of a job into a batch with `room` left; 0 when it must wait for a batch of its own. */
function takeRows<P, R>(job: Job<P, R>, cap: number, room: number): number {
  const waiting = job.arrival.rows - job.taken;
  if (waiting > room && job.arrival.rows <= cap) {
    return 0;
  }
  const rows = Math.min(waiting, room);
  job.taken += rows;
  return rows;
}

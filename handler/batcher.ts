/**
 * Forms batches from the rows of many callers. One pure, synchronous state machine: no timers, no clock of its own, no
 * model inside; it is told of events and is the same in production and in a simulation. Two rules hold: every arrival
 * gets exactly one outcome, and a free runner with rows waiting gets a batch in the same tick, unless they are held for
 * others to join.
 *
 * @module
 */
import { Admission } from "./batcher/admission.ts";
import type { Arrival, Batch, BatchResult, RejectReason, Slice } from "./batcher/arrival.ts";
import { ArrivalRate } from "./batcher/arrival-rate.ts";
import { BatchQueue } from "./batcher/batch-queue.ts";
import type { BatcherConfig } from "./batcher/batcher-config.ts";
import { Breaker } from "./batcher/breaker.ts";
import type { Job, Part } from "./batcher/job.ts";
import { Linger } from "./batcher/linger.ts";
import type { BatchObserver, BatchSnapshot, BatchStart, StartReason } from "./batcher/observer.ts";
import { PlannedBatch } from "./batcher/planned-batch.ts";
import { Suspects, splitParts } from "./batcher/suspects.ts";
import type { Clock } from "./clock.ts";
import type { CostModel } from "./cost-model.ts";

export type {
  Arrival,
  Batch,
  BatchResult,
  Outcome,
  Piece,
  RejectReason,
  Slice,
} from "./batcher/arrival.ts";
export type { BatcherConfig } from "./batcher/batcher-config.ts";
export type { BatchObserver, BatchSnapshot } from "./batcher/observer.ts";

/** Who runs batches. */
export interface Executor<P> {
  /** Batches that may run at once, at least 1. */
  readonly runners: number;
  /** Starts a batch; its end is told by {@link Batcher.done}. */
  run(batch: Batch<P>): void;
}

export interface BatcherOptions<P> {
  readonly clock: Clock;
  readonly executor: Executor<P>;
  readonly costModel: CostModel;
  readonly config: BatcherConfig;
  readonly observer?: BatchObserver | undefined;
  /** From 0 to 1, to spread retries. @default always 0.5 */
  readonly random?: (() => number) | undefined;
}

interface Running<P, R> {
  readonly planned: PlannedBatch<P, R>;
  readonly parts: readonly Part<P, R>[];
  readonly startedAt: number;
  /** By plan. */
  readonly endsAt: number;
  readonly start: BatchStart | undefined;
  /** Whether it decides if the model works again. */
  readonly isProbe: boolean;
}

/** Share of the queue's bound that `low` callers may fill. */
const LOW_SHARE = 0.75;

export class Batcher<P, R> {
  readonly #options: BatcherOptions<P>;
  readonly #queue: BatchQueue<P, R>;
  readonly #admission: Admission<P, R>;
  readonly #rate = new ArrivalRate();
  readonly #linger = new Linger();
  readonly #breaker = new Breaker();
  /** Those that can still be aborted. */
  readonly #jobs = new Map<Arrival<P, R>, Job<P, R>>();
  readonly #running = new Map<Batch<P>, Running<P, R>>();
  #isDraining = false;

  constructor(options: BatcherOptions<P>) {
    const { config, costModel, executor } = options;
    this.#options = options;
    this.#queue = new BatchQueue((rows) => costModel.predict(rows) ?? rows);
    this.#admission = new Admission<P, R>({
      config,
      costModel,
      runners: executor.runners,
      queue: this.#queue,
      rate: this.#rate,
      ends: () => Array.from(this.#running.values(), (running) => running.endsAt),
    });
  }

  /** Rows that no batch has taken yet. */
  get queuedRows(): number {
    return this.#queue.rows;
  }

  get runningBatches(): number {
    return this.#running.size;
  }

  /** The model failed on all that it was given; callers fail at once until it is time to try it again. */
  get isBroken(): boolean {
    return this.#breaker.isOpen(this.#options.clock.now());
  }

  snapshot(): BatchSnapshot {
    const { clock, costModel } = this.#options;
    const { line, spread } = costModel;
    return {
      queuedRows: this.#queue.rows,
      queuedBytes: this.#queue.bytes,
      running: this.#running.size,
      plannedRows: this.#admission.plannedRows,
      arrivalRate: this.#rate.at(clock.now()),
      alphaMs: line?.alphaMs,
      betaMs: line?.betaMs,
      spread,
      lingering: this.#admission.lingerUntil > clock.now(),
    };
  }

  /** Takes a caller in, or settles it as refused at once. */
  arrive(arrival: Arrival<P, R>): void {
    const { rows } = arrival;
    const now = this.#options.clock.now();
    this.#rate.add(rows, now);
    this.#linger.arrived(rows, now);
    if (this.#breaker.isOpen(now)) {
      arrival.settle({ kind: "failed", error: this.#breaker.error });
      return;
    }
    if (this.#isOverBound(arrival)) {
      this.#reject(arrival, "queue-full", now);
      return;
    }
    const isIdle = this.#queue.batches.length === 0 && this.#running.size === 0;
    const job = this.#admission.jobOf(arrival, now, isIdle);
    if (!this.#admission.admit(job, now)) {
      this.#reject(arrival, "too-late", now);
      return;
    }
    this.#jobs.set(arrival, job);
  }

  /** The caller has gone: its waiting rows leave the queue, rows that are running are not waited for. */
  abort(arrival: Arrival<P, R>): void {
    const job = this.#jobs.get(arrival);
    if (job !== undefined) {
      const isQueued = this.#leave(job);
      this.#options.observer?.cancelled?.(isQueued ? "queued" : "running");
      this.#settle(job, () => job.settle({ kind: "aborted" }));
    }
  }

  /** A batch has ended. A second end of the same batch is ignored. */
  done(batch: Batch<P>, result: BatchResult<R>): void {
    const running = this.#running.get(batch);
    if (running === undefined) {
      return;
    }
    this.#running.delete(batch);
    this.#admission.changed();
    const { clock, config, costModel, observer } = this.#options;
    const now = clock.now();
    const durationMs = now - running.startedAt;
    const isGood = result.kind === "results" && result.count === batch.rows;
    if (running.start !== undefined) {
      observer?.batchEnded?.({ ...running.start, durationMs, isGood });
    }
    if (result.kind === "error") {
      this.#fail(running, result.error, now);
    } else if (!isGood) {
      const error = config.wrongCount(result.count, batch.rows);
      this.#failParts(running.parts, error);
      if (running.isProbe) {
        this.#breaker.failed("probe", error, now);
      }
    } else {
      this.#breaker.succeeded();
      costModel.observe(this.#admission.workOf(batch.rows, running.planned.units), durationMs);
      this.#linger.ended(batch.rows, now);
      this.#scatter(running.parts, result.results);
    }
  }

  /** Gives batches to free runners until there is no runner, no row, or only rows that are held to be joined. */
  tick(): void {
    const now = this.#options.clock.now();
    while (this.#hasFreeRunner()) {
      const readyAt = this.#readyAt(now);
      if (readyAt === undefined || readyAt > now) {
        return;
      }
      this.#start(now);
    }
  }

  /** When `tick` has something to do next, by the clock; undefined when only another event can change that. */
  nextTickAt(): number | undefined {
    return this.#hasFreeRunner() ? this.#readyAt(this.#options.clock.now()) : undefined;
  }

  /** From now on no row is held for others to join. */
  drain(): void {
    this.#isDraining = true;
  }

  #hasFreeRunner(): boolean {
    return this.#running.size < this.#options.executor.runners;
  }

  /** When the first batch may start; `now` when one behind it need not wait, for batches run in order. */
  #readyAt(now: number): number | undefined {
    const { batches } = this.#queue;
    const [head] = batches;
    if (head === undefined) {
      return undefined;
    }
    if (this.#isDraining || batches.some((batch) => this.#admission.isFull(batch))) {
      return now;
    }
    let readyAt = Number.POSITIVE_INFINITY;
    this.#admission.lingerUntil = 0;
    for (const batch of batches) {
      readyAt = Math.min(readyAt, this.#admission.heldUntil(batch));
    }
    if (readyAt <= now && batches.length === 1) {
      this.#admission.lingerUntil = this.#lingerUntil(head, now);
      readyAt = this.#admission.heldUntil(head);
    }
    return Math.max(now, readyAt);
  }

  #lingerUntil({ rows }: PlannedBatch<P, R>, now: number): number {
    const { config, costModel } = this.#options;
    const { line } = costModel;
    return config.linger === false || line === undefined
      ? 0
      : (this.#linger.holdUntil({ now, rows, ...line }) ?? 0);
  }

  #start(now: number): void {
    const { costModel, executor, observer } = this.#options;
    const isFull =
      this.#queue.batches[0] !== undefined && this.#admission.isFull(this.#queue.batches[0]);
    const planned = this.#queue.shift();
    this.#admission.lingerUntil = 0;
    this.#admission.changed();
    this.#linger.dispatched();
    if (planned === undefined) {
      return;
    }
    const parts = this.#assemble(planned, now);
    const rows = countRows(parts);
    if (rows === 0) {
      return; // all that were looked at had gone
    }
    const slices: Slice<P>[] = parts.map(({ job, from, to }) => ({
      payload: job.arrival.payload,
      from,
      to,
    }));
    const batch: Batch<P> = { rows, slices };
    const work = this.#admission.workOf(rows, planned.units);
    const start =
      observer === undefined
        ? undefined
        : describeStart(planned, parts, { now, isFull, predictedMs: costModel.predict(work) });
    const isProbe = this.#breaker.isProbe;
    this.#breaker.probe();
    this.#running.set(batch, {
      planned,
      parts,
      startedAt: now,
      endsAt: now + (costModel.plan(work) ?? 0),
      start,
      isProbe,
    });
    if (start !== undefined) {
      observer?.batchStarted?.(start);
    }
    try {
      executor.run(batch);
    } catch (error) {
      this.done(batch, { kind: "error", error });
    }
  }

  /** The parts whose callers still wait; room that others left goes to those behind, up to the size that was planned. */
  #assemble(planned: PlannedBatch<P, R>, now: number): readonly Part<P, R>[] {
    const live = planned.parts.every((part) => this.#isWanted(part, planned, now))
      ? planned.parts
      : planned.parts.filter((part) => this.#isWanted(part, planned, now));
    if (live === planned.parts || planned.suspects !== undefined) {
      return live;
    }
    const parts = [...live];
    let room = planned.plannedRows - countRows(parts);
    while (room > 0) {
      const part = this.#queue.pull(planned, room);
      if (part === undefined) {
        break;
      }
      if (this.#isWanted(part, planned, now)) {
        parts.push(part);
        room -= part.to - part.from;
      }
    }
    return parts;
  }

  /** Tells callers that have gone, or whose answer would come too late, and leaves them out. */
  #isWanted({ job }: Part<P, R>, planned: PlannedBatch<P, R>, now: number): boolean {
    if (job.isSettled) {
      return false;
    }
    if (job.hasGone) {
      this.#leave(job);
      this.#options.observer?.cancelled?.("queued");
      this.#settle(job, () => job.settle({ kind: "aborted" }));
      return false;
    }
    const { costModel } = this.#options;
    const runMs = costModel.predict(this.#admission.workOf(planned.plannedRows, planned.units));
    if (runMs !== undefined && now + runMs > job.dueAt && planned.suspects === undefined) {
      this.#leave(job);
      this.#settle(job, () => this.#reject(job, "expired", now));
      return false;
    }
    return true;
  }

  #scatter(parts: readonly Part<P, R>[], results: R): void {
    let offset = 0;
    for (const { job, from, to } of parts) {
      const end = offset + to - from;
      if (job.receive({ results, from: offset, to: end }, from)) {
        this.#jobs.delete(job.arrival);
      }
      offset = end;
    }
  }

  /** One caller's fault is found by running halves again; when all fail, it is the model's. */
  #fail(running: Running<P, R>, error: unknown, now: number): void {
    const { config, observer } = this.#options;
    const { planned, isProbe } = running;
    const parts = running.parts.filter((part) => !part.job.isSettled);
    const isModels = config.isCallersFault?.(error) !== true;
    if (isProbe && !isModels) {
      this.#breaker.succeeded();
    }
    const isWhole = planned.isTopHalf && planned.suspects?.halfFailed() === true;
    const isSingle = parts.length === 1 && planned.suspects === undefined;
    const kind = isProbe ? "probe" : isWhole ? "whole" : isSingle ? "single" : undefined;
    if (isModels && kind !== undefined && this.#breaker.failed(kind, error, now)) {
      this.#failParts(parts, error);
      this.#failQueue(error);
      return;
    }
    if (parts.length < 2 || config.retry === false) {
      this.#failParts(parts, error);
      return;
    }
    observer?.bisected?.(parts.length);
    const suspects = planned.suspects ?? new Suspects(parts.length);
    const isTopHalf = planned.suspects === undefined;
    // the first half goes to the front last, so that callers keep their order
    for (const half of splitParts(parts).toReversed()) {
      this.#retry(half, { planned, suspects, isTopHalf, error, now });
    }
  }

  #retry(
    parts: readonly Part<P, R>[],
    { planned, suspects, isTopHalf, error, now }: Retry<P, R>,
  ): void {
    const batch = new PlannedBatch<P, R>({ ...planned, openedAt: now });
    batch.isOpen = false;
    batch.suspects = suspects;
    batch.isTopHalf = isTopHalf;
    for (const part of parts) {
      batch.add(part);
    }
    const runMs = this.#admission.costMs(batch) ?? 0;
    if (!suspects.take() || parts.some(({ job }) => now + runMs > job.dueAt)) {
      this.#failParts(parts, error);
      return;
    }
    this.#queue.insert(batch, 0);
    for (const { job, from, to } of parts) {
      this.#queue.count(to - from, job);
    }
  }

  #failParts(parts: readonly Part<P, R>[], error: unknown): void {
    for (const { job } of parts) {
      this.#leave(job);
      this.#settle(job, () => job.settle({ kind: "failed", error }));
    }
  }

  #failQueue(error: unknown): void {
    for (const batch of [...this.#queue.batches]) {
      this.#failParts(batch.parts, error);
    }
  }

  /** @returns whether rows of it waited */
  #leave(job: Job<P, R>): boolean {
    this.#admission.changed();
    return !job.isSettled && this.#queue.release(job);
  }

  #settle(job: Job<P, R>, tell: () => void): void {
    if (this.#jobs.delete(job.arrival)) {
      tell();
    }
  }

  #isOverBound({ rows, bytes = 0, priority }: Arrival<P, R>): boolean {
    const { maxQueueRows, maxQueueBytes = Number.POSITIVE_INFINITY } = this.#options.config;
    const share = priority === "low" ? LOW_SHARE : 1;
    return (
      this.#queue.rows > 0 &&
      (this.#queue.rows + rows > share * maxQueueRows ||
        this.#queue.bytes + bytes > share * maxQueueBytes)
    );
  }

  #reject(to: Pick<Arrival<P, R>, "settle">, reason: RejectReason, now: number): void {
    const { observer, random = () => 0.5 } = this.#options;
    observer?.rejected?.(reason);
    const retryAfterMs = this.#admission.retryAfterMs(now, random);
    to.settle({ kind: "rejected", reason, retryAfterMs });
  }
}

interface Retry<P, R> {
  readonly planned: PlannedBatch<P, R>;
  readonly suspects: Suspects;
  readonly isTopHalf: boolean;
  readonly error: unknown;
  readonly now: number;
}

function countRows<P, R>(parts: readonly Part<P, R>[]): number {
  let rows = 0;
  for (const { from, to } of parts) {
    rows += to - from;
  }
  return rows;
}

function describeStart<P, R>(
  planned: PlannedBatch<P, R>,
  parts: readonly Part<P, R>[],
  at: { readonly now: number; readonly isFull: boolean; readonly predictedMs: number | undefined },
): BatchStart {
  const rows = countRows(parts);
  const used = parts.reduce(
    (sum, { job, from, to }) => sum + (to - from) * (job.arrival.units ?? 1),
    0,
  );
  const waited = at.now - planned.openedAt;
  let reason: StartReason = waited > 0 ? "held" : "free";
  if (planned.suspects !== undefined) {
    reason = "retry";
  } else if (at.isFull) {
    reason = "full";
  }
  return {
    rows,
    padding: rows * planned.units - used,
    queueWaitMs: waited,
    predictedMs: at.predictedMs,
    reason,
  };
}

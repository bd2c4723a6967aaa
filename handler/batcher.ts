/**
 * Forms batches from the rows of many callers. One pure, synchronous state machine: no timers, no clock of its own, no
 * model inside; it is told of events and is the same in production and in a simulation. Two rules hold: every arrival
 * gets exactly one outcome, and a free runner with rows waiting gets a batch in the same tick, unless they are held for
 * others to join.
 *
 * @module
 */
import { Admission, type Asked } from "./batcher/admission.ts";
import type { Arrival, Batch, BatchResult, RejectReason } from "./batcher/arrival.ts";
import { ArrivalRate } from "./batcher/arrival-rate.ts";
import { assemble, countRows, describeStart, slicesOf } from "./batcher/assembly.ts";
import { BatchQueue } from "./batcher/batch-queue.ts";
import type { BatcherConfig } from "./batcher/batcher-config.ts";
import { Callers } from "./batcher/callers.ts";
import { type Failed, Failures } from "./batcher/failures.ts";
import type { Job, Part } from "./batcher/job.ts";
import { Linger } from "./batcher/linger.ts";
import { mergeHead } from "./batcher/merge-head.ts";
import type { BatchObserver, BatchSnapshot, BatchStart } from "./batcher/observer.ts";
import { Plan } from "./batcher/plan.ts";
import type { PlannedBatch } from "./batcher/planned-batch.ts";
import { TrialSize } from "./batcher/trial-size.ts";
import type { Clock } from "./clock.ts";
import type { CostModel } from "./cost-model.ts";
import { LaggedCost } from "./lagged-cost.ts";

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

/** Why a caller is not let in, and when to come again, in milliseconds. */
export interface Refusal {
  readonly reason: RejectReason;
  readonly retryAfterMs: number;
}

interface Running<P, R> extends Failed<P, R> {
  readonly startedAt: number;
  /** By plan. */
  readonly endsAt: number;
  readonly start: BatchStart | undefined;
}

export class Batcher<P, R> {
  readonly #options: BatcherOptions<P>;
  readonly #random: () => number;
  readonly #cost: LaggedCost;
  readonly #queue: BatchQueue<P, R>;
  readonly #plan: Plan<P, R>;
  readonly #admission: Admission<P, R>;
  readonly #callers: Callers<P, R>;
  readonly #failures: Failures<P, R>;
  readonly #rate = new ArrivalRate();
  readonly #linger = new Linger();
  readonly #trial: TrialSize;
  readonly #running = new Map<Batch<P>, Running<P, R>>();
  #isDraining = false;

  constructor(options: BatcherOptions<P>) {
    const { config, executor, observer } = options;
    const costModel = new LaggedCost(options.costModel);
    this.#cost = costModel;
    this.#options = options;
    this.#random = options.random ?? (() => 0.5);
    this.#trial = new TrialSize(config.maxLatencyMs);
    const queue = new BatchQueue<P, R>((rows) => costModel.predict(rows) ?? rows);
    const { runners } = executor;
    const plan = new Plan<P, R>({
      config,
      costModel,
      runners,
      queue,
      rate: this.#rate,
      ends: () => Array.from(this.#running.values(), (running) => running.endsAt),
    });
    const admission = new Admission<P, R>({
      config,
      costModel,
      runners,
      queue,
      plan,
    });
    const callers = new Callers<P, R>(queue, () => plan.changed());
    this.#queue = queue;
    this.#plan = plan;
    this.#admission = admission;
    this.#callers = callers;
    this.#failures = new Failures<P, R>({ config, queue, plan, callers, observer });
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
    return this.#failures.breaker.isOpen(this.#options.clock.now());
  }

  snapshot(): BatchSnapshot {
    const { clock } = this.#options;
    const { line, spread } = this.#cost;
    return {
      queuedRows: this.#queue.rows,
      queuedBytes: this.#queue.bytes,
      running: this.#running.size,
      plannedRows: this.#plan.size,
      arrivalRate: this.#rate.at(clock.now()),
      alphaMs: line?.alphaMs,
      betaMs: line?.betaMs,
      spread,
      lingering: this.#plan.lingerUntil > clock.now(),
    };
  }

  /** Takes a caller in, or settles it as refused at once. */
  arrive(arrival: Arrival<P, R>): void {
    const now = this.#options.clock.now();
    this.#linger.arrived(arrival.rows, now);
    this.#take(arrival, now);
    this.#rate.add(arrival.rows, now); // what it is judged by is what came before it
  }

  #take(arrival: Arrival<P, R>, now: number): void {
    const { breaker } = this.#failures;
    if (breaker.isOpen(now)) {
      arrival.settle({ kind: "failed", error: breaker.error });
      return;
    }
    if (this.#admission.isOverBound(arrival)) {
      this.#reject(arrival, "queue-full", now);
      return;
    }
    const isIdle = this.#queue.batches.length === 0 && this.#running.size === 0;
    const job = this.#admission.jobOf(arrival, now, isIdle);
    if (this.#admission.admit(job, now) || this.#overtakes(job, now)) {
      this.#callers.add(job);
    } else {
      this.#reject(arrival, "too-late", now);
    }
  }

  /**
   * Whether a caller would be refused if it came now, whatever its rows hold: a server may ask before it reads them. Who is
   * turned away for it is to be told by {@link turnedAway}.
   *
   * @returns when to come again; undefined for a caller that may be let in
   */
  wouldRefuse({ priority = "normal", ...asked }: Asked): Refusal | undefined {
    const now = this.#options.clock.now();
    const isIdle = this.#queue.batches.length === 0 && this.#running.size === 0;
    if (isIdle || this.#failures.breaker.isOpen(now)) {
      return undefined;
    }
    const isFull = this.#admission.isOverBound({ rows: asked.rows, priority });
    if (!isFull && this.#admission.wouldAdmit({ ...asked, priority }, now)) {
      return undefined;
    }
    const retryAfterMs = this.#admission.retryAfterMs(now, this.#random);
    return { reason: isFull ? "queue-full" : "too-late", retryAfterMs };
  }

  /** A caller came and went, refused without its rows having been read. */
  turnedAway(rows: number, { reason }: Refusal): void {
    this.#rate.add(rows, this.#options.clock.now());
    this.#options.observer?.rejected?.(reason);
  }

  /** The caller has gone: its waiting rows leave the queue, rows that are running are not waited for. */
  abort(arrival: Arrival<P, R>): void {
    const job = this.#callers.find(arrival);
    if (job !== undefined) {
      const wasQueued = this.#callers.tell(job, { kind: "aborted" });
      this.#options.observer?.cancelled?.(wasQueued ? "queued" : "running");
    }
  }

  /** A batch has ended. A second end of the same batch is ignored. */
  done(batch: Batch<P>, result: BatchResult<R>): void {
    const running = this.#running.get(batch);
    if (running === undefined) {
      return;
    }
    this.#running.delete(batch);
    this.#plan.changed();
    const { clock, config, observer } = this.#options;
    const now = clock.now();
    const durationMs = now - running.startedAt;
    const isGood = result.kind === "results" && result.count === batch.rows;
    if (running.start !== undefined) {
      observer?.batchEnded?.({ ...running.start, durationMs, isGood });
    }
    if (result.kind === "error") {
      this.#failures.error(running, result.error, now);
    } else if (!isGood) {
      this.#failures.wrongCount(running, config.wrongCount(result.count, batch.rows), now);
    } else {
      this.#failures.breaker.succeeded();
      this.#plan.memory.succeeded(batch.rows);
      this.#trial.ended(batch.rows, durationMs);
      const work = this.#plan.workOf(batch.rows, running.planned.units);
      this.#cost.observe(work, durationMs, result.runMs);
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

  /** When the first batch may start: at once if any need not wait, for batches run in order. */
  #readyAt(now: number): number | undefined {
    const { batches } = this.#queue;
    const [head] = batches;
    if (head === undefined) {
      return undefined;
    }
    const plan = this.#plan;
    plan.lingerUntil = 0;
    if (this.#isDraining || batches.some((batch) => plan.isFull(batch))) {
      return now;
    }
    let readyAt = Number.POSITIVE_INFINITY;
    for (const batch of batches) {
      readyAt = Math.min(readyAt, plan.heldUntil(batch));
    }
    if (readyAt <= now && batches.length === 1) {
      plan.lingerUntil = this.#lingerUntil(head, now);
      readyAt = plan.heldUntil(head);
    }
    return Math.max(now, readyAt);
  }

  #lingerUntil({ rows }: PlannedBatch<P, R>, now: number): number {
    const { config } = this.#options;
    const { line } = this.#cost;
    return config.linger === false || line === undefined
      ? 0
      : (this.#linger.holdUntil({ now, rows, ...line }) ?? 0);
  }

  #start(now: number): void {
    const [head] = this.#queue.batches;
    const isFull = head !== undefined && this.#plan.isFull(head);
    if (!isFull && head?.family !== undefined) {
      this.#mergeHead(now);
    }
    const planned = this.#shift(now);
    this.#plan.lingerUntil = 0;
    this.#plan.changed();
    this.#linger.dispatched();
    const parts = planned === undefined ? [] : this.#assemble(planned, now);
    if (planned !== undefined && parts.length > 0) {
      this.#run(planned, parts, { now, isFull });
    } // else all that were looked at had gone
  }

  #mergeHead(now: number): void {
    const { config, executor } = this.#options;
    const costModel = this.#cost;
    const freeRunners = executor.runners - this.#running.size;
    const [queue, plan] = [this.#queue, this.#plan];
    mergeHead({ config, costModel, queue, plan, now, freeRunners });
  }

  #shift(now: number): PlannedBatch<P, R> | undefined {
    const [head] = this.#queue.batches;
    const isTrial = head !== undefined && !this.#cost.isTrained;
    const trialRows = isTrial ? this.#trial.next(now - head.openedAt) : undefined;
    return this.#queue.shiftRows(
      Math.min(trialRows ?? Number.POSITIVE_INFINITY, this.#plan.memory.rows),
    );
  }

  #assemble(planned: PlannedBatch<P, R>, now: number): readonly Part<P, R>[] {
    return assemble(planned, {
      queue: this.#queue,
      callers: this.#callers,
      observer: this.#options.observer,
      now,
      random: this.#random,
      runMs: this.#cost.plan(this.#plan.workOf(planned.rows, planned.units)),
    });
  }

  #run(
    planned: PlannedBatch<P, R>,
    parts: readonly Part<P, R>[],
    { now, isFull }: { readonly now: number; readonly isFull: boolean },
  ): void {
    const { executor, observer } = this.#options;
    const { breaker } = this.#failures;
    const batch: Batch<P> = { rows: countRows(parts), slices: slicesOf(parts) };
    const work = this.#plan.workOf(batch.rows, planned.units);
    const predictedMs = this.#cost.predict(work);
    const start = observer && describeStart(planned, parts, { now, isFull, predictedMs });
    const endsAt = now + (this.#cost.plan(work) ?? 0);
    const isProbe = breaker.isProbe;
    breaker.probe();
    this.#running.set(batch, { planned, parts, startedAt: now, endsAt, start, isProbe });
    if (start !== undefined) {
      observer?.batchStarted?.(start);
    }
    try {
      executor.run(batch);
    } catch (error) {
      this.done(batch, { kind: "error", error });
    }
  }

  #scatter(parts: readonly Part<P, R>[], results: R): void {
    let offset = 0;
    for (const { job, from, to } of parts) {
      const end = offset + to - from;
      if (job.receive({ results, from: offset, to: end }, from)) {
        this.#callers.forget(job);
      }
      offset = end;
    }
  }

  /** Gives a caller the place of others, where more are answered for it. */
  #overtakes(job: Job<P, R>, now: number): boolean {
    const found = this.#admission.overtakenBy(job, now);
    if (found === undefined) {
      return false;
    }
    const retryAfterMs = this.#admission.retryAfterMs(now, this.#random);
    for (const other of found.jobs) {
      this.#options.observer?.rejected?.("overtaken");
      this.#callers.tell(other, { kind: "rejected", reason: "overtaken", retryAfterMs });
    }
    found.batch.relax();
    this.#plan.changed();
    return this.#admission.admit(job, now);
  }

  #reject(arrival: Arrival<P, R>, reason: RejectReason, now: number): void {
    this.#options.observer?.rejected?.(reason);
    const retryAfterMs = this.#admission.retryAfterMs(now, this.#random);
    arrival.settle({ kind: "rejected", reason, retryAfterMs });
  }
}

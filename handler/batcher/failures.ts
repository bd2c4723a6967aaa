/**
 * What becomes of a batch that failed: its halves are run again, and theirs, until only the callers whose rows it fails on
 * are left to fail. Where both halves fail, time after time, it is the model, and all that wait fail with it.
 *
 * @module
 */
import { countRows } from "./assembly.ts";
import type { BatchQueue } from "./batch-queue.ts";
import type { BatcherConfig } from "./batcher-config.ts";
import { Breaker } from "./breaker.ts";
import type { Callers } from "./callers.ts";
import type { Part } from "./job.ts";
import type { BatchObserver } from "./observer.ts";
import type { Plan } from "./plan.ts";
import { PlannedBatch } from "./planned-batch.ts";
import { Suspects, splitParts } from "./suspects.ts";

export interface FailuresOptions<P, R> {
  readonly config: BatcherConfig;
  readonly queue: BatchQueue<P, R>;
  readonly plan: Plan<P, R>;
  readonly callers: Callers<P, R>;
  readonly observer: BatchObserver | undefined;
}

/** A batch that failed. */
export interface Failed<P, R> {
  readonly planned: PlannedBatch<P, R>;
  readonly parts: readonly Part<P, R>[];
  /** Whether it decides if the model works again. */
  readonly isProbe: boolean;
}

export class Failures<P, R> {
  readonly breaker = new Breaker();
  readonly #options: FailuresOptions<P, R>;

  constructor(options: FailuresOptions<P, R>) {
    this.#options = options;
  }

  /** The batch gave another number of results than it has rows: no row of it is to blame. */
  wrongCount({ parts, isProbe }: Failed<P, R>, error: unknown, now: number): void {
    this.#fail(parts, error);
    if (isProbe) {
      this.breaker.failed("probe", error, now);
    }
  }

  error(failed: Failed<P, R>, error: unknown, now: number): void {
    const { config, observer } = this.#options;
    const parts = failed.parts.filter((part) => !part.job.isSettled);
    const rows = countRows(failed.parts);
    const isTooLarge = rows > 1 && config.isOutOfMemory?.(error) === true;
    if (isTooLarge) {
      this.#options.plan.memory.failed(rows);
      this.#options.plan.changed();
    }
    if (!isTooLarge && this.#isModels(failed, parts.length, error, now)) {
      this.#fail(parts, error);
      for (const batch of [...this.#options.queue.batches]) {
        this.#fail([...batch.parts], error);
      }
      return;
    }
    if ((parts.length < 2 && !isTooLarge) || config.retry === false) {
      this.#fail(parts, error);
      return;
    }
    observer?.bisected?.(parts.length);
    const { planned } = failed;
    const suspects = planned.suspects ?? new Suspects(isTooLarge ? rows : parts.length);
    // the first half goes to the front last, so that callers keep their order
    for (const half of splitParts(parts, isTooLarge).toReversed()) {
      const batch = new PlannedBatch<P, R>({ ...planned, openedAt: now });
      batch.isOpen = false;
      batch.isTopHalf = planned.suspects === undefined && !isTooLarge;
      batch.suspects = suspects;
      this.#retry(batch, half, error);
    }
  }

  /** Whether, with this failure, the model is known to be broken. */
  #isModels(
    { planned, isProbe }: Failed<P, R>,
    callers: number,
    error: unknown,
    now: number,
  ): boolean {
    if (this.#options.config.isCallersFault?.(error) === true) {
      if (isProbe) {
        this.breaker.succeeded();
      }
      return false;
    }
    if (isProbe) {
      return this.breaker.failed("probe", error, now);
    }
    if (planned.isTopHalf && planned.suspects?.halfFailed() === true) {
      return this.breaker.failed("whole", error, now);
    }
    const isSingle = callers === 1 && planned.suspects === undefined;
    return isSingle && this.breaker.failed("single", error, now);
  }

  /** Runs callers again before all that wait, if there are runs left and time for one. */
  #retry(batch: PlannedBatch<P, R>, parts: readonly Part<P, R>[], error: unknown): void {
    const { plan, queue } = this.#options;
    for (const part of parts) {
      batch.add(part);
    }
    const endsAt = batch.openedAt + (plan.costMs(batch) ?? 0);
    const isInTime = parts.every(({ job }) => endsAt <= job.dueAt);
    if (batch.suspects?.take() !== true || !isInTime) {
      this.#fail(parts, error);
      return;
    }
    queue.insert(batch, 0);
    plan.changed();
    for (const { job, from, to } of parts) {
      queue.count(to - from, job);
    }
  }

  #fail(parts: readonly Part<P, R>[], error: unknown): void {
    for (const { job } of parts) {
      this.#options.callers.tell(job, { kind: "failed", error });
    }
  }
}

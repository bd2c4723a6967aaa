/**
 * The callers that have no outcome yet. Whoever is told one leaves the queue with all its rows.
 *
 * @module
 */
import type { Arrival, Outcome } from "./arrival.ts";
import type { BatchQueue } from "./batch-queue.ts";
import type { Job } from "./job.ts";

export class Callers<P, R> {
  readonly #queue: BatchQueue<P, R>;
  readonly #jobs = new Map<Arrival<P, R>, Job<P, R>>();
  readonly #changed: () => void;

  /** @param changed - told that rows have left the queue */
  constructor(queue: BatchQueue<P, R>, changed: () => void) {
    this.#queue = queue;
    this.#changed = changed;
  }

  add(job: Job<P, R>): void {
    this.#jobs.set(job.arrival, job);
  }

  find(arrival: Arrival<P, R>): Job<P, R> | undefined {
    return this.#jobs.get(arrival);
  }

  /** The job has settled by itself. */
  forget(job: Job<P, R>): void {
    this.#jobs.delete(job.arrival);
  }

  /** @returns whether rows of it waited */
  tell(job: Job<P, R>, outcome: Outcome<R>): boolean {
    if (!this.#jobs.delete(job.arrival)) {
      return false;
    }
    const wasQueued = this.#queue.release(job);
    if (wasQueued) {
      this.#changed();
    }
    job.settle(outcome);
    return wasQueued;
  }
}

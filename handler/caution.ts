/**
 * How much earlier than planned callers are turned away, because of late that what was planned did not hold: answers were
 * late, or callers that had been let in had to be refused after all. It grows with each time that this shows, and wears off.
 *
 * @module
 */

/** Shares of the latency limit: of one step, of all steps at most, of what wears off in a second. */
const STEP = 0.1;
const MOST = 0.4;
const WORN_PER_SECOND = 0.05;
/** Those who wait together suffer together: within so much of the limit it is one time. */
const ONE_TIME = 0.25;

export class Caution {
  readonly #limitMs: number;
  #ms = 0;
  #at = Number.NEGATIVE_INFINITY;
  #grownAt = Number.NEGATIVE_INFINITY;

  /** @param limitMs - the longest time to an answer */
  constructor(limitMs: number) {
    this.#limitMs = limitMs;
  }

  /** Milliseconds of each caller's time to leave unused. */
  at(now: number): number {
    if (this.#ms > 0) {
      const wornMs = ((now - this.#at) / 1000) * WORN_PER_SECOND * this.#limitMs;
      this.#ms = Math.max(0, this.#ms - wornMs);
    }
    this.#at = now;
    return this.#ms;
  }

  /** A promise was not kept. */
  broken(now: number): void {
    if (now - this.#grownAt > ONE_TIME * this.#limitMs) {
      this.#grownAt = now;
      this.#ms = Math.min(MOST * this.#limitMs, this.at(now) + STEP * this.#limitMs);
    }
  }
}

/**
 * How many rows arrive in a millisecond, by a moving average that forgets exponentially.
 *
 * @module
 */

/** Milliseconds after which an arrival counts 1/e. */
const MEMORY_MS = 250;

export class ArrivalRate {
  #rate = 0;
  #at = Number.NEGATIVE_INFINITY;

  /** Rows came, let in or not. */
  add(rows: number, now: number): void {
    this.#rate = this.at(now) + rows / MEMORY_MS;
    this.#at = now;
  }

  /** Rows per millisecond. */
  at(now: number): number {
    return this.#rate === 0 ? 0 : this.#rate * Math.exp((this.#at - now) / MEMORY_MS);
  }
}

/**
 * How many rows to try while nothing is known of the cost: batches that all hold what they may, under a limit that they
 * cannot keep, would never tell what a smaller one takes. Only rows that have waited for long are held back for it, none
 * is turned away.
 *
 * @module
 */

/** Share of the latency limit that a batch, and the wait for it, may take. */
const SHARE = 0.5;

export class TrialSize {
  readonly #limitMs: number;
  /** Rows that a batch may hold to end in time, for all that the last one says. */
  #rows = 1;
  #isSmaller = false;

  /** @param maxLatencyMs - the latency limit; infinite for none */
  constructor(maxLatencyMs: number) {
    this.#limitMs = SHARE * maxLatencyMs;
  }

  /** A batch has gone well. */
  ended(rows: number, durationMs: number): void {
    this.#rows = Math.max(1, Math.floor(rows * Math.min(2, this.#limitMs / durationMs)));
  }

  /**
   * The most rows of the next batch, each time another size than the last; undefined for as many as there are.
   *
   * @param waitedMs - how long its first rows have waited
   */
  next(waitedMs: number): number | undefined {
    if (waitedMs <= this.#limitMs) {
      return undefined;
    }
    this.#isSmaller = !this.#isSmaller;
    if (!this.#isSmaller) {
      return this.#rows;
    }
    return this.#rows === 1 ? 2 : Math.ceil(this.#rows / 2);
  }
}

/**
 * Whether to hold rows a little after a batch has ended, because the callers that it answered tend to come back at once.
 * Learned from how soon after an end rows arrive; greedy until that has shown itself to be worth it.
 *
 * @module
 */

/** Upper edges of the counters, in milliseconds after an end: 0.05 to 46. */
const EDGES_MS: readonly number[] = Array.from({ length: 14 }, (_, index) => 0.05 * 1.69 ** index);
/** What older counts keep with each end. */
const FORGET = 0.98;
/** What is kept, with each end, of those who were answered before and have not come back: some never do. */
const CARRY = 0.5;
/** Answers to have seen before anything is held. */
const MIN_ANSWERS = 20;
/** Least gain, as a share of what a batch costs all that wait. */
const MIN_GAIN = 0.02;

export interface LingerQuestion {
  readonly now: number;
  /** Rows that wait. */
  readonly rows: number;
  readonly alphaMs: number;
  readonly betaMs: number;
}

export class Linger {
  readonly #hits = new Float64Array(EDGES_MS.length);
  #answers = 0;
  #endedAt = Number.NEGATIVE_INFINITY;
  /** Of the rows answered of late, those that have not come back. */
  #away = 0;
  /** Since when rows are held; undefined while they are not. */
  #since: number | undefined;

  /** A batch has ended and answered rows. */
  ended(rows: number, now: number): void {
    for (let index = 0; index < EDGES_MS.length; index += 1) {
      this.#hits[index] = FORGET * (this.#hits[index] ?? 0);
    }
    this.#answers = FORGET * this.#answers + rows;
    this.#endedAt = now;
    this.#away = CARRY * this.#away + rows;
  }

  arrived(rows: number, now: number): void {
    this.#away = Math.max(0, this.#away - rows);
    const sinceMs = now - this.#endedAt;
    for (let index = 0; index < EDGES_MS.length; index += 1) {
      if (sinceMs <= (EDGES_MS[index] ?? 0)) {
        this.#hits[index] = (this.#hits[index] ?? 0) + rows;
        return;
      }
    }
  }

  /** Rows have been given to a runner: the next ones are held anew. */
  dispatched(): void {
    this.#since = undefined;
  }

  /**
   * Until when to hold the rows that wait; undefined not to. m rows that join save each a batch of their own, less what
   * they wait for the larger one; those that wait pay for all of the delay. In all the delay stays below α.
   */
  holdUntil({ now, rows, alphaMs, betaMs }: LingerQuestion): number | undefined {
    const savedMs = alphaMs - betaMs * rows;
    if (savedMs <= 0 || this.#away === 0 || this.#answers < MIN_ANSWERS) {
      return undefined;
    }
    const spentMs = now - (this.#since ?? now);
    const elapsedMs = now - this.#endedAt;
    const toCome = this.#hitsAfter(elapsedMs);
    // of all that were answered, those that had not come back by now
    const whole = Math.max(toCome, this.#answers + toCome - this.#hitsAfter(0));
    let hits = 0;
    let bestGain = MIN_GAIN * (rows + 1) * alphaMs;
    let until: number | undefined;
    for (let index = 0; index < EDGES_MS.length; index += 1) {
      const waitMs = (EDGES_MS[index] ?? 0) - elapsedMs;
      if (waitMs <= 0) {
        continue;
      }
      hits += this.#hitsIn(index, elapsedMs);
      const expected = (this.#away * hits) / whole;
      const gain = expected * savedMs - (rows + expected) * waitMs;
      if (gain > bestGain && spentMs + waitMs < alphaMs) {
        bestGain = gain;
        until = now + waitMs;
      }
    }
    if (until !== undefined) {
      this.#since ??= now;
    }
    return until;
  }

  #hitsAfter(elapsedMs: number): number {
    let hits = 0;
    for (let index = 0; index < EDGES_MS.length; index += 1) {
      hits += this.#hitsIn(index, elapsedMs);
    }
    return hits;
  }

  /** What a counter holds beyond a time, as if spread evenly between its edges. */
  #hitsIn(index: number, fromMs: number): number {
    const edgeMs = EDGES_MS[index] ?? 0;
    const beforeMs = EDGES_MS[index - 1] ?? 0;
    const share = Math.min(1, Math.max(0, (edgeMs - fromMs) / (edgeMs - beforeMs)));
    return share * (this.#hits[index] ?? 0);
  }
}

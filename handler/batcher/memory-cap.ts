/**
 * The most rows of a batch that memory has room for, learned from batches that ran out of it: half of what failed, and from
 * there slowly more.
 *
 * @module
 */

/** Good batches of all the rows allowed, after which more are tried. */
const TRY_AFTER = 100;
const GROWTH = 1.25;

export class MemoryCap {
  #rows = Number.POSITIVE_INFINITY;
  #good = 0;

  /** Rows that a batch may hold; infinite while none has failed. */
  get rows(): number {
    return this.#rows;
  }

  /** A batch of so many rows ran out of memory. */
  failed(rows: number): void {
    this.#rows = Math.max(1, Math.min(this.#rows, Math.floor(rows / 2)));
    this.#good = 0;
  }

  /** A batch of so many rows went well. */
  succeeded(rows: number): void {
    this.#good += rows >= this.#rows ? 1 : 0;
    if (this.#good >= TRY_AFTER) {
      this.#rows = Math.ceil(GROWTH * this.#rows);
      this.#good = 0;
    }
  }
}

/**
 * Notices that a model fails whatever it is given, and then fails callers at once instead of letting them wait for it.
 * After a second the next caller is let through to see whether it has recovered.
 *
 * @module
 */

const OPEN_MS = 1000;
/** Batches in a row of which both halves failed. */
const MAX_WHOLE_FAILURES = 2;
/** Callers in a row, each alone in its batch, that failed: more than one caller's bad rows would explain. */
const MAX_SINGLE_FAILURES = 20;

export class Breaker {
  #wholeFailures = 0;
  #singleFailures = 0;
  #openUntil: number | undefined;
  #isProbing = false;
  #error: unknown;

  /** Open until it has been seen to work again; false once it is time to try. */
  isOpen(now: number): boolean {
    return this.#openUntil !== undefined && (now < this.#openUntil || this.#isProbing);
  }

  /** What it failed with last. */
  get error(): unknown {
    return this.#error;
  }

  /** True for the next caller after an open window: its batch decides. */
  get isProbe(): boolean {
    return this.#openUntil !== undefined;
  }

  /** The batch that decides has started. */
  probe(): void {
    this.#isProbing = this.#openUntil !== undefined;
  }

  succeeded(): void {
    this.#wholeFailures = 0;
    this.#singleFailures = 0;
    this.#openUntil = undefined;
    this.#isProbing = false;
  }

  /**
   * @param what - `whole`: both halves of a batch failed; `single`: a caller alone in its batch; `probe`: the batch that decides
   * @returns true when this opened it
   */
  failed(what: "whole" | "single" | "probe", error: unknown, now: number): boolean {
    this.#error = error;
    this.#wholeFailures += what === "whole" ? 1 : 0;
    this.#singleFailures += what === "single" ? 1 : 0;
    const isFault =
      what === "probe" ||
      this.#wholeFailures >= MAX_WHOLE_FAILURES ||
      this.#singleFailures >= MAX_SINGLE_FAILURES;
    if (isFault) {
      this.#openUntil = now + OPEN_MS;
      this.#isProbing = false;
    }
    return isFault;
  }
}

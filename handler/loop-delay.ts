/**
 * When what the event loop reads now reached the process, as nearly as can be told. Whatever one turn of the loop reads was
 * there at its start; where the turn before left the loop no time to wait, it may have been there since that one's start.
 * One long turn alone, such as a collection of garbage, is not held against callers: two in a row are.
 *
 * @module
 */
import { performance } from "node:perf_hooks";
import { type Clock, systemClock, systemTimers, type Timers } from "./clock.ts";

export interface LoopDelayOptions {
  /** @default the process's */
  readonly clock?: Clock | undefined;
  /** @default Node's */
  readonly timers?: Pick<Timers, "immediate"> | undefined;
  /** How long the loop has waited for something to do since it began, in milliseconds. @default the process's own */
  readonly idleMs?: (() => number) | undefined;
}

/** Shorter waits are the loop looking and going on. */
const WAITED_MS = 0.05;

export class LoopDelay {
  readonly #clock: Clock;
  readonly #timers: Pick<Timers, "immediate">;
  readonly #idleMs: () => number;
  /** Of what this turn reads; undefined until the first one asks in it. */
  #arrivedAt: number | undefined;
  #turnAt = Number.NEGATIVE_INFINITY;
  #idleAtEnd = Number.POSITIVE_INFINITY;
  #lastDelayMs = 0;

  constructor(options: LoopDelayOptions = {}) {
    this.#clock = options.clock ?? systemClock;
    this.#timers = options.timers ?? systemTimers;
    this.#idleMs = options.idleMs ?? (() => performance.nodeTiming.idleTime);
  }

  /** For what was read in this turn of the loop, by the clock. */
  arrivedAt(): number {
    this.#arrivedAt ??= this.#beginTurn();
    return this.#arrivedAt;
  }

  #beginTurn(): number {
    const now = this.#clock.now();
    const hasWaited = this.#idleMs() - this.#idleAtEnd > WAITED_MS;
    const isFirst = this.#turnAt === Number.NEGATIVE_INFINITY;
    const delayMs = hasWaited || isFirst ? 0 : now - this.#turnAt;
    const arrivedAt = now - Math.min(delayMs, this.#lastDelayMs);
    this.#lastDelayMs = delayMs;
    this.#turnAt = now;
    this.#timers.immediate(this.#endTurn);
    return arrivedAt;
  }

  readonly #endTurn = (): void => {
    this.#arrivedAt = undefined;
    this.#idleAtEnd = this.#idleMs();
  };
}

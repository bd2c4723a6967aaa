/**
 * Time as the handler sees it, passed in wherever it matters, so that tests and simulations own it.
 *
 * @module
 */
import { performance } from "node:perf_hooks";

/** A monotonic clock; only differences of its readings mean anything. */
export interface Clock {
  /** Milliseconds, with fractions. */
  now(): number;
}

/** How a state machine is woken later. Each returns what takes the wake-up back. */
export interface Timers {
  /** After the input that is readable now has been read: the next turn of the event loop. */
  immediate(wake: () => void): () => void;
  after(delayMs: number, wake: () => void): () => void;
}

/** The process's own clock. */
export const systemClock: Clock = { now: () => performance.now() };

/** Node's timers. */
export const systemTimers: Timers = {
  immediate(wake) {
    const handle = setImmediate(wake);
    return () => clearImmediate(handle);
  },
  after(delayMs, wake) {
    const handle = setTimeout(wake, delayMs);
    return () => clearTimeout(handle);
  },
};

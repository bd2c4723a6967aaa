/**
 * Doing again what a network breaks. Only failures that were marked as passing are repeated, three times in all, with
 * growing pauses of random length so that many clients do not come back at once.
 *
 * @module
 */
import { setTimeout as sleep } from "node:timers/promises";

export interface RetryOptions {
  /**
   * Pause before the second try, in milliseconds; doubled for each further one, and varied by half.
   *
   * @default 500
   */
  readonly retryDelayMs?: number | undefined;
  /** From 0 up to 1. @default Math.random */
  readonly random?: (() => number) | undefined;
  /** @default a timer */
  readonly pause?:
    | ((delayMs: number, signal: AbortSignal | undefined) => Promise<void>)
    | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Why a failure may pass. */
export interface Passing {
  /** Longest answer to "when again", in milliseconds; as the server said. */
  readonly retryAfterMs?: number | undefined;
  /** No answer came, so that what was asked may have been done. */
  readonly isLost: boolean;
}

const ATTEMPTS = 3;
/** A server may ask for a longer pause than ours, up to a minute. */
const LONGEST_PAUSE_MS = 60_000;
const passing = new WeakMap<Error, Passing>();

/** Marks an error as one that time may mend. @returns the same error */
export function markPassing<Failure extends Error>(error: Failure, why: Passing): Failure {
  passing.set(error, why);
  return error;
}

/** The mark of an error; undefined for one that stays. */
export function passingReason(error: unknown): Passing | undefined {
  return error instanceof Error ? passing.get(error) : undefined;
}

/** @param work - told why it is called again; undefined the first time */
export async function retrying<Value>(
  { retryDelayMs = 500, random = Math.random, pause = wait, signal }: RetryOptions,
  work: (after: Passing | undefined, attempt: number) => Promise<Value>,
): Promise<Value> {
  let after: Passing | undefined;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work(after, attempt);
    } catch (error) {
      after = passingReason(error);
      signal?.throwIfAborted();
      if (after === undefined || attempt === ATTEMPTS) {
        throw error;
      }
      const ownMs = retryDelayMs * 2 ** (attempt - 1) * (0.5 + random());
      await pause(Math.min(Math.max(ownMs, after.retryAfterMs ?? 0), LONGEST_PAUSE_MS), signal);
    }
  }
}

async function wait(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  await sleep(delayMs, undefined, signal === undefined ? {} : { signal });
}

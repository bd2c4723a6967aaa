/**
 * What stands before rows are read: whoever owns a queue says in time that does not depend on its length whether one more
 * caller would be let in. Its answer is kept until the queue changes, so that to refuse thousands costs one look.
 *
 * @module
 */
import type { RejectReason } from "./batcher.ts";

/** A caller to turn away. */
export interface Refused {
  readonly reason: RejectReason;
  /** What the queue is of: `model iris`, `apis.classify`. */
  readonly subject: string;
  /** When to come again, in milliseconds. */
  readonly retryAfterMs: number;
}

export interface Gate {
  /**
   * Whether a caller with one row is to be turned away. It then counts as having come and been refused.
   *
   * @param arrivedAt - when the process got it, by the clock
   * @returns undefined for a caller whose rows are to be read
   */
  refuse(arrivedAt: number): Refused | undefined;
  /**
   * Counts a caller whose rows are being read as one row that is to come.
   *
   * @returns ends that, to be called once
   */
  reading(): () => void;
}

/** Reads rows, counted at the gate meanwhile. */
export async function whileReading<T>(gate: Gate, read: () => Promise<T>): Promise<T> {
  const end = gate.reading();
  try {
    return await read();
  } finally {
    end();
  }
}

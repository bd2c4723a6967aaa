/**
 * What forms batches in a simulation. A policy is told of events and starts runs; it sees times and rows, never the future
 * and never the noise.
 *
 * @module
 */
import type { Line } from "./executor.ts";

/** One caller's rows. */
export interface Request {
  readonly id: number;
  /** When it was due to be sent: latency counts from here. */
  readonly at: number;
  readonly rows: number;
}

/** What a policy can do to the simulated world. */
export interface Host {
  readonly clock: { now(): number };
  /** Batches that may run at once. */
  readonly runners: number;
  /** Starts a run; its end is told by `ended`. */
  run(rows: number, ended: (durationMs: number) => void): void;
  answer(request: Request): void;
  reject(request: Request): void;
}

/** What a policy may know beforehand. */
export interface Situation {
  /** The true cost of a batch without noise. */
  readonly line: Line;
  /** The deadline of every request, in milliseconds. */
  readonly deadlineMs: number;
  readonly maxBatchSize: number;
  /** Rows in a millisecond. */
  readonly rowsPerMs: number;
  /** Run times measured before the first request. */
  readonly profile: readonly { readonly rows: number; readonly ms: number }[];
}

export interface Policy {
  arrive(request: Request): void;
  /** Everything that happened at this instant has been told. */
  tick(): void;
  /** When `tick` has something to do though nothing happens; undefined when it has not. */
  nextTickAt(): number | undefined;
}

/** Makes a policy for one run of the simulation. */
export type PolicyFactory = (host: Host, situation: Situation) => Policy;

/**
 * What a batcher is told when it is made.
 *
 * @module
 */

export interface BatcherConfig {
  /** Most rows in one batch. A caller with more is split and joined again. */
  readonly maxBatchSize: number;
  /** Longest time to an answer that is promised on arrival, in milliseconds. */
  readonly maxLatencyMs: number;
  /** Longest the first row is held for others to join, in milliseconds. 0 never holds. */
  readonly maxWaitMs: number;
  /** Most rows waiting. A caller that finds the queue empty is always let in. */
  readonly maxQueueRows: number;
  /** Most bytes waiting, by what arrivals say of themselves. @default no bound */
  readonly maxQueueBytes?: number | undefined;
  /** Most work units in a batch: its rows times the units of its largest row. Its cost is then told in units. @default no bound */
  readonly maxUnits?: number | undefined;
  /** Whether callers may be held because those just answered tend to come back at once. @default true */
  readonly linger?: boolean | undefined;
  /** Whether rows of a failed batch are run again, to fail only those at fault. @default true */
  readonly retry?: boolean | undefined;
  /** Kept free of promises for what happens outside the model, in milliseconds. @default 0 */
  readonly slackMs?: number | undefined;
  /** The error when `count` results came back for `rows` rows. */
  wrongCount(count: number, rows: number): Error;
  /** Errors that a smaller batch may not meet: batches of half the size are made from then on, and grow again. @default none */
  isOutOfMemory?(error: unknown): boolean;
  /** Errors that say nothing of the model's health. @default none */
  isCallersFault?(error: unknown): boolean;
}

/**
 * What no policy of a kind can exceed with one row a request and Poisson arrivals, in rows a millisecond. All take the
 * line as it is, without noise.
 *
 * @module
 */
import { type Line, runMs } from "./executor.ts";

export interface BoundOptions {
  readonly line: Line;
  readonly deadlineMs: number;
  readonly rowsPerMs: number;
  readonly maxBatchSize: number;
  /** @default 1 */
  readonly runners?: number;
}

export interface Bounds {
  /** First in, first out, nothing given up: 2·t(b) ≤ D with one runner, (1 + 1/k)·t(b) ≤ D with k. */
  readonly fifo: number;
  /** Where requests may be refused: batches of b with b/λ + t(b) = D. */
  readonly earlyDrop: number;
  /** Batches that take the whole deadline. */
  readonly hard: number;
}

export function boundsOf(options: BoundOptions): Bounds {
  const { line, deadlineMs, rowsPerMs, maxBatchSize, runners = 1 } = options;
  const capacity = (runners * maxBatchSize) / runMs(line, maxBatchSize);
  const most = Math.min(rowsPerMs, capacity);
  const share = (waits: number) =>
    Math.max(0, (runners * (1 - (waits * line.alphaMs) / deadlineMs)) / line.betaMs);
  const dropRows = (deadlineMs - line.alphaMs) / (line.betaMs + 1 / rowsPerMs);
  const dropRate = dropRows <= 0 ? 0 : (runners * dropRows) / runMs(line, dropRows);
  return {
    fifo: Math.min(most, share(1 + 1 / runners)),
    earlyDrop: Math.min(most, dropRate),
    hard: Math.min(most, share(1)),
  };
}

/** Inoue's bound on the mean latency of greedy batches without a cap, in milliseconds (arXiv 1912.06322). */
export function inoueBoundMs({ alphaMs, betaMs }: Line, rowsPerMs: number): number {
  const rho = rowsPerMs * betaMs;
  const work = rowsPerMs * alphaMs;
  const heavy = (1.5 * alphaMs) / (1 - rho) + ((betaMs / 2) * (rho + 2)) / (1 - rho * rho);
  const light = ((alphaMs + betaMs) / (2 * (1 - rho))) * (1 + 2 * work + (1 - work) / (1 + rho));
  return Math.min(heavy, light);
}

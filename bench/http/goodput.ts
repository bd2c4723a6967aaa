/**
 * The highest Poisson rate at which 99 of 100 requests that were offered are answered in time; refusals and errors count
 * as misses.
 *
 * @module
 */
import type { LoadJob, LoadResult } from "./load.ts";
import type { Generator } from "./processes.ts";

export interface OpenLoad {
  readonly generator: Generator;
  readonly job: Omit<LoadJob, "ratePerSecond">;
}

/** Good answers a second. */
export function goodRate({ good, elapsedMs }: LoadResult): number {
  return (1000 * good) / elapsedMs;
}

/** @param from - a rate to search around, requests a second */
export async function peakRate(
  { generator, job }: OpenLoad,
  from: number,
  steps: number,
): Promise<number> {
  let low = 0.5 * from;
  let high = 1.1 * from;
  for (let step = 0; step < steps; step += 1) {
    const ratePerSecond = (low + high) / 2;
    const seed = 2 * step + 1;
    // twice, because one trial in a noisy moment would send the search the wrong way for good
    const isReached = async (seed: number) => {
      const { good, sent } = await generator.run({ ...job, ratePerSecond, seed });
      return good >= 0.99 * sent;
    };
    if ((await isReached(seed)) || (await isReached(seed + 1))) {
      low = ratePerSecond;
    } else {
      high = ratePerSecond;
    }
  }
  return low;
}

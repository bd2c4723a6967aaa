/**
 * How long runs take: a line, disturbed. The disturbance of a run depends on its number alone, so that all policies meet
 * the same noise.
 *
 * @module
 */
import { normal, randomAt } from "./random.ts";

/** t(n) = alphaMs + betaMs·n. */
export interface Line {
  readonly alphaMs: number;
  readonly betaMs: number;
}

export interface Disturbance {
  /** Standard deviation of the logarithm; the mean stays as it is. @default 0 */
  readonly lognormal?: number;
  /** Share of runs that take `factor` times as long. @default none */
  readonly stalls?: { readonly share: number; readonly factor: number };
  /** By what everything is multiplied at the end; `drift` grows towards it, `step` jumps in the middle. @default none */
  readonly trend?: { readonly kind: "drift" | "step"; readonly factor: number };
}

/** The noise of a shared machine. */
export const NOISY: Disturbance = { lognormal: 0.08, stalls: { share: 0.005, factor: 3 } };

export interface ExecutorModel {
  /** @param number - of the run, from 0 */
  runMs(rows: number, number: number, now: number): number;
}

export interface ExecutorModelOptions {
  readonly line: Line;
  readonly seed: number;
  readonly disturbance?: Disturbance;
  /** When the trend ends. */
  readonly untilMs: number;
}

export function executorModel(options: ExecutorModelOptions): ExecutorModel {
  const { line, seed, untilMs, disturbance = {} } = options;
  const { lognormal = 0, stalls, trend } = disturbance;
  const noise = (number: number) => {
    if (lognormal === 0) {
      return 1;
    }
    const z = normal(randomAt(seed, 3 * number), randomAt(seed, 3 * number + 1));
    return Math.exp(lognormal * z - (lognormal * lognormal) / 2);
  };
  const stall = (number: number) =>
    stalls !== undefined && randomAt(seed, 3 * number + 2) < stalls.share ? stalls.factor : 1;
  const trendAt = (now: number) => {
    if (trend === undefined) {
      return 1;
    }
    const progress = Math.min(1, now / untilMs);
    const share = trend.kind === "drift" ? progress : Number(progress >= 0.5);
    return 1 + (trend.factor - 1) * share;
  };
  return {
    runMs: (rows, number, now) => runMs(line, rows) * noise(number) * stall(number) * trendAt(now),
  };
}

export function runMs({ alphaMs, betaMs }: Line, rows: number): number {
  return alphaMs + betaMs * rows;
}

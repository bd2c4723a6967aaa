/**
 * Figures of repeated, paired trials: the median and how far it may be from the truth, never a mean of two runs.
 *
 * @module
 */
import { xorshift } from "../models/onnx-writer.ts";

export interface Estimate {
  readonly median: number;
  /** Bootstrap interval of the median, 95 %. */
  readonly low: number;
  readonly high: number;
  readonly trials: number;
}

/** @param share - from 0 to 1; of no values: NaN */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return (
    ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle) - 1] ?? Number.NaN)) / 2
  );
}

/** The median with its bootstrap interval; the same values always give the same one. */
export function estimate(values: readonly number[]): Estimate {
  const random = xorshift(17);
  const draw = () => values[Math.floor(((random() + 1) / 2) * values.length)] ?? Number.NaN;
  const medians = Array.from({ length: 1000 }, () => median(values.map(draw)));
  return {
    median: median(values),
    low: quantile(medians, 0.025),
    high: quantile(medians, 0.975),
    trials: values.length,
  };
}

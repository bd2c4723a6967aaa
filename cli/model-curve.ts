/**
 * What the measured run times of a model say: its line, its best batch, and whether batching is worth it.
 *
 * @module
 */
import type { ModelProfile } from "../core/profile.ts";
import { shapeOfPoints } from "../handler/cost-shape.ts";

export interface ModelCurve {
  readonly points: ModelProfile["points"];
  /** t(n) ≈ alphaMs + betaMs·n; undefined when one size alone was measured. */
  readonly alphaMs: number | undefined;
  readonly betaMs: number | undefined;
  /** Share of the variation that the line explains, at most 1. */
  readonly rSquared: number | undefined;
  /** Whether the line is within 15 % of every point; else servers use the points. */
  readonly isLine: boolean;
  /** The measured size at which a row costs least. */
  readonly bestRows: number;
  /** Rows a second at the best size, over rows a second one by one, with what a request costs beside the model. */
  readonly gain: number;
  readonly advice: string;
}

/** What reading and writing one request takes, in milliseconds (60–150 µs with JSON). */
const REQUEST_MS = 0.1;

/** Below it batching is not worth its queue. */
const LEAST_GAIN = 1.15;

/** @param points - at least one; ascending rows */
export function modelCurve(points: ModelProfile["points"]): ModelCurve {
  const shape = shapeOfPoints(points);
  const line = shape?.line;
  const [first = { rows: 1, ms: 1 }] = points;
  const best = points.reduce((a, b) => (b.ms / b.rows < a.ms / a.rows ? b : a), first);
  const gain = (first.ms / first.rows + REQUEST_MS) / (best.ms / best.rows + REQUEST_MS);
  return {
    points,
    alphaMs: line?.alphaMs,
    betaMs: line?.betaMs,
    rSquared: line === undefined ? undefined : rSquared(points, line),
    isLine: shape !== undefined && shape.isTable !== true,
    bestRows: best.rows,
    gain,
    advice: adviceFor({ gain, bestRows: best.rows, lastRows: points.at(-1)?.rows ?? 1 }),
  };
}

function rSquared(
  points: ModelProfile["points"],
  { alphaMs, betaMs }: { readonly alphaMs: number; readonly betaMs: number },
): number {
  const mean = points.reduce((sum, { ms }) => sum + ms, 0) / points.length;
  const total = points.reduce((sum, { ms }) => sum + (ms - mean) ** 2, 0);
  const missed = points.reduce((sum, { rows, ms }) => sum + (ms - alphaMs - betaMs * rows) ** 2, 0);
  return total === 0 ? 1 : 1 - missed / total;
}

function adviceFor(curve: { gain: number; bestRows: number; lastRows: number }): string {
  if (curve.lastRows === 1) {
    return "one size was measured: the model takes one call at a time, or a run takes very long";
  }
  if (curve.gain < LEAST_GAIN) {
    return "batching will not help this model: use more threads or instances, int8 weights, or shorter inputs; maxBatchSize 2 is enough";
  }
  return curve.bestRows === curve.lastRows
    ? `batching helps: rows were cheapest in the largest batch measured, maxBatchSize ${curve.bestRows} or more`
    : `batching helps: beyond ${curve.bestRows} rows a row costs more again, set maxBatchSize to ${curve.bestRows}`;
}

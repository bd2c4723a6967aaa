/**
 * How run time grows with the size of a batch: a line, or a table where a line fits worse than 15 %. Weighted least squares
 * over sums, so that nothing is kept of single batches.
 *
 * @module
 */

/** t(n) = alphaMs + betaMs·n, both at least 0. */
export interface CostLine {
  readonly alphaMs: number;
  readonly betaMs: number;
}

export interface Shape {
  /** The best line, also of a table. */
  readonly line: CostLine;
  readonly isTable?: boolean;
  /** Milliseconds for a batch of `rows`; never falls with `rows`. */
  at(rows: number): number;
}

/** Weighted sums over sizes n and times t. */
export interface Sums {
  readonly count: number;
  readonly w: number;
  readonly wn: number;
  readonly wnn: number;
  readonly wt: number;
  readonly wnt: number;
}

export const NO_SUMS: Sums = { count: 0, w: 0, wn: 0, wnn: 0, wt: 0, wnt: 0 };

/** Largest relative error of a line over measured points. */
const LINE_ERROR = 0.15;
/** Least share of its second moment that the variance of the sizes must have. */
const MIN_VARIANCE = 0.02;

interface Point {
  readonly rows: number;
  readonly ms: number;
}

export function sampleCount(sums: Sums): number {
  return sums.count;
}

/** Whether the sizes differ enough to tell what a batch costs from what a row costs. */
export function sizesDiffer({ w, wn, wnn }: Sums): boolean {
  return w > 0 && wnn / w - (wn / w) ** 2 > (MIN_VARIANCE * wnn) / w;
}

/**
 * @param onNegative - `non-negative` gives the best line with neither coefficient below 0; `as-is` gives none then
 * @returns undefined where there is no such line
 */
export function fitLine(
  { w, wn, wnn, wt, wnt }: Sums,
  onNegative: "non-negative" | "as-is",
): CostLine | undefined {
  const determinant = w * wnn - wn * wn;
  if (!(determinant > 0)) {
    return undefined;
  }
  const betaMs = (w * wnt - wn * wt) / determinant;
  const alphaMs = (wt - betaMs * wn) / w;
  if (alphaMs >= 0 && betaMs >= 0) {
    return { alphaMs, betaMs };
  }
  if (onNegative === "as-is") {
    return undefined;
  }
  return alphaMs < 0 ? { alphaMs: 0, betaMs: wnt / wnn } : { alphaMs: wt / w, betaMs: 0 };
}

/** @returns undefined for points of fewer than two sizes */
export function shapeOfPoints(points: readonly Point[]): Shape | undefined {
  const table = monotone(points);
  if (table.length < 2) {
    return undefined;
  }
  const sums = table.reduce(addPoint, NO_SUMS);
  const line = fitLine(sums, "non-negative");
  if (line === undefined) {
    return undefined;
  }
  const at = (rows: number) => line.alphaMs + line.betaMs * rows;
  const error = Math.max(...table.map(({ rows, ms }) => Math.abs(at(rows) / ms - 1)));
  return error <= LINE_ERROR
    ? { line, at }
    : { line, isTable: true, at: (rows) => interpolate(table, rows) };
}

function addPoint(sums: Sums, { rows, ms }: Point): Sums {
  const weight = 1 / (ms * ms); // errors count as shares of the time
  return {
    count: sums.count + 1,
    w: sums.w + weight,
    wn: sums.wn + weight * rows,
    wnn: sums.wnn + weight * rows * rows,
    wt: sums.wt + weight * ms,
    wnt: sums.wnt + weight * rows * ms,
  };
}

/** One point a size, ascending; a larger batch that measured faster is noise, or may be had by padding. */
function monotone(points: readonly Point[]): readonly Point[] {
  const table: Point[] = [];
  for (const { rows, ms } of points.toSorted((a, b) => a.rows - b.rows)) {
    const before = table.at(-1);
    if (ms > 0 && before?.rows !== rows) {
      table.push({ rows, ms: Math.max(ms, before?.ms ?? 0) });
    }
  }
  return table;
}

/** Below the first point its time, beyond the last one the last slope. */
function interpolate(table: readonly Point[], rows: number): number {
  const [first] = table;
  if (first === undefined || rows <= first.rows) {
    return first?.ms ?? 0;
  }
  let low = first;
  let high = first;
  for (const point of table) {
    low = high;
    high = point;
    if (point.rows >= rows) {
      break;
    }
  }
  return low.ms + ((high.ms - low.ms) * (rows - low.rows)) / (high.rows - low.rows);
}

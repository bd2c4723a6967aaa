/**
 * How the answers of two versions of a model differ over the same rows. Pure.
 *
 * @module
 */
import type { Tensor } from "../core/tensor.ts";

/** Outputs of one row by name, values flat. */
export type RowOutputs = Readonly<Record<string, Tensor>>;

export interface ComparedRow {
  /** Index from 0. */
  readonly row: number;
  /** Whether the label is another one. */
  readonly isFlipped: boolean;
  /** Largest difference of any number; Infinity where shapes differ or only one is a number. */
  readonly change: number;
}

export interface Comparison {
  readonly rows: number;
  /** Rows whose label is another one. */
  readonly flipped: number;
  /** Their share of all rows, 0 to 1. */
  readonly churn: number;
  /** Largest difference of any number in any row. */
  readonly largestChange: number;
  /** At most ten: flipped ones first, then by change. */
  readonly worst: readonly ComparedRow[];
}

const MOST_WORST = 10;

/** @param before - one entry a row, as is `after` */
export function compareOutputs(
  before: readonly RowOutputs[],
  after: readonly RowOutputs[],
): Comparison {
  const rows = before.map((outputs, row) => compareRow(row, outputs, after[row] ?? {}));
  const flipped = rows.filter(({ isFlipped }) => isFlipped).length;
  const worst = rows
    .filter(({ isFlipped, change }) => isFlipped || change > 0)
    .sort((a, b) => Number(b.isFlipped) - Number(a.isFlipped) || descending(a.change, b.change))
    .slice(0, MOST_WORST);
  return {
    rows: rows.length,
    flipped,
    churn: rows.length === 0 ? 0 : flipped / rows.length,
    largestChange: rows.reduce((most, { change }) => Math.max(most, change), 0),
    worst,
  };
}

function compareRow(row: number, before: RowOutputs, after: RowOutputs): ComparedRow {
  const [labelBefore, labelAfter] = [labelOf(before), labelOf(after)];
  let change = 0;
  for (const [name, output] of Object.entries(before)) {
    change = Math.max(change, changeOf(output, after[name]));
  }
  return { row, isFlipped: labelBefore !== labelAfter, change };
}

/** The text or whole numbers that a model calls its label; else the place of the largest of several numbers. */
function labelOf(outputs: RowOutputs): string | undefined {
  const all = Object.values(outputs);
  const named = all.find(({ dtype }) => !isFloat(dtype));
  if (named !== undefined) {
    return Array.from<unknown>(named.data as ArrayLike<unknown>).join();
  }
  const scores = all.find(({ data }) => data.length > 1);
  if (scores === undefined) {
    return undefined; // one number is no label
  }
  const numbers = Array.from(scores.data as ArrayLike<number>);
  return String(numbers.indexOf(Math.max(...numbers)));
}

function changeOf(before: Tensor, after: Tensor | undefined): number {
  if (after === undefined || after.data.length !== before.data.length) {
    return Number.POSITIVE_INFINITY;
  }
  if (!isFloat(before.dtype)) {
    return 0; // labels flip, they do not change by an amount
  }
  let most = 0;
  for (let index = 0; index < before.data.length; index += 1) {
    const [a, b] = [Number(before.data[index]), Number(after.data[index])];
    if (!Object.is(a, b)) {
      most = Math.max(most, Number.isNaN(a - b) ? Number.POSITIVE_INFINITY : Math.abs(a - b));
    }
  }
  return most;
}

function isFloat(dtype: Tensor["dtype"]): boolean {
  return dtype === "float32" || dtype === "float64";
}

/** Two infinities are equal. */
function descending(a: number, b: number): number {
  return a === b ? 0 : a < b ? 1 : -1;
}

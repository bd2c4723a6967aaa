/**
 * Rows of a batch in either form that `run` takes and gives: a list, or one tensor whose first axis is the rows.
 *
 * @module
 */
import { concatRows, sliceRows, type Tensor } from "../core/tensor.ts";
import { isTensor } from "./runner/check-inputs.ts";

/** Rows as `run` takes them: tensors are stacked along a new first axis, anything else stays a list. */
export function stackRows(rows: readonly unknown[]): readonly unknown[] | Tensor {
  const tensors = rows.filter(isTensor);
  return rows.length === 0 || tensors.length < rows.length
    ? rows
    : concatRows(tensors.map((row) => ({ ...row, dims: [1, ...row.dims] })));
}

/** Number of rows in what `run` gave; undefined when it is no rows at all. */
export function countRows(results: unknown): number | undefined {
  if (Array.isArray(results)) {
    return results.length;
  }
  return isTensor(results) ? results.dims[0] : undefined;
}

/** Rows `from` (inclusive) to `to` (exclusive), one value each. */
export function takeRows(results: unknown, from: number, to: number): readonly unknown[] {
  if (Array.isArray(results)) {
    return results.slice(from, to);
  }
  if (!isTensor(results)) {
    return [];
  }
  return Array.from({ length: to - from }, (_, index) => {
    const row = sliceRows(results, from + index, from + index + 1);
    return { ...row, dims: row.dims.slice(1) };
  });
}

/** What rows must share to stand in one batch: the shape, where they are tensors. */
export function shapeOfRow(row: unknown): string {
  return isTensor(row) ? `[${row.dims.join(", ")}]` : "";
}

/**
 * Typed arrays with a shape: what models take and give. A tensor never copies the data it is given.
 *
 * @module
 */
import { BentoError } from "./bento-error.ts";
import { numberProblem, toCell } from "./element.ts";
import { show } from "./show.ts";
import type { DtypeName } from "./tensor-spec.ts";

/** The array that holds each element type. `bool` and `float16` are raw: one byte, or the 16 bits of the number. */
export interface Cells {
  float32: Float32Array;
  float64: Float64Array;
  float16: Uint16Array;
  int8: Int8Array;
  int16: Int16Array;
  int32: Int32Array;
  int64: BigInt64Array;
  uint8: Uint8Array;
  uint16: Uint16Array;
  uint32: Uint32Array;
  uint64: BigUint64Array;
  bool: Uint8Array;
  string: string[];
}

export type Dtype = DtypeName & keyof Cells;

interface TensorOf<D extends Dtype> {
  readonly dtype: D;
  readonly dims: readonly number[];
  readonly data: Cells[D];
}

/**
 * A tensor of one of these element types: `dims` multiply to the length of `data`, which is in row-major order. Once
 * `dtype` is known, so is the array: `if (t.dtype === "int64") t.data[0]` is a bigint.
 */
export type Tensor<D extends Dtype = Dtype> = D extends Dtype ? TensorOf<D> : never;

/** A tensor of what belongs together already; nothing is checked. */
export function pairTensor<D extends Dtype>(
  dtype: D,
  dims: readonly number[],
  data: Cells[D],
): Tensor<D> {
  const paired: TensorOf<D> = { dtype, dims, data };
  return paired as unknown as Tensor<D>; // a TensorOf<D> for any one D
}

const ARRAYS = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
  bool: Uint8Array,
} as const;

/**
 * Makes a tensor from the dtype's own array (kept, not copied) or from plain numbers (converted; of a float type also
 * NaN and infinities).
 *
 * @param dims - lengths of the axes; their product must be the number of elements
 * @throws BentoError BENTO_INVALID_INPUT when the product and the number of elements differ, or when an element does
 * not fit the dtype
 */
export function tensor<const D extends Dtype>(
  dtype: D,
  dims: readonly number[],
  data: Cells[D] | readonly number[],
): Tensor<D> {
  const wrong = dims.find((length) => !Number.isInteger(length) || length < 0);
  if (wrong !== undefined) {
    throw new BentoError(
      "BENTO_INVALID_INPUT",
      `expected whole numbers from 0 for the axes of a tensor, got ${wrong} in [${dims.join(", ")}]`,
    );
  }
  const expected = dims.reduce((product, length) => product * length, 1);
  if (expected !== data.length) {
    throw new BentoError(
      "BENTO_INVALID_INPUT",
      `expected ${expected} elements for a ${dtype} tensor [${dims.join(", ")}], got ${data.length}`,
    );
  }
  return pairTensor(dtype, dims, toCells(dtype, data));
}

/**
 * An empty array for `length` elements: zeros, or empty texts.
 *
 * @param length - number of elements, not bytes
 */
export function allocateCells<D extends Dtype>(dtype: D, length: number): Cells[D] {
  const cells: unknown =
    dtype === "string"
      ? new Array<string>(length).fill("")
      : new ARRAYS[dtype as keyof typeof ARRAYS](length);
  return cells as Cells[D]; // the table above pairs each name with its array
}

/** Elements in one row: the product of all axes but the first. */
export function rowLength(dims: readonly number[]): number {
  return dims.slice(1).reduce((product, length) => product * length, 1);
}

/**
 * Rows `from` (inclusive) to `to` (exclusive) of the first axis. Numbers are a view of the same memory, texts a copy.
 *
 * @throws BentoError BENTO_BUG when the tensor has not all these rows
 */
export function sliceRows<T extends Tensor>(whole: T, from: number, to: number): T {
  if (from < 0 || to < from || to > (whole.dims[0] ?? 0)) {
    throw new BentoError("BENTO_BUG", `no rows ${from} to ${to} in ${describe(whole)}`);
  }
  const stride = rowLength(whole.dims);
  const data: unknown = Array.isArray(whole.data)
    ? whole.data.slice(from * stride, to * stride)
    : whole.data.subarray(from * stride, to * stride);
  const dims = [to - from, ...whole.dims.slice(1)];
  return pairTensor(whole.dtype, dims, data as Cells[Dtype]) as T; // of the same dtype
}

/**
 * Joins tensors along the first axis into fresh memory; one tensor alone is returned as it is.
 *
 * @param parts - at least one; the same dtype, one axis or more, and the same axes after the first
 * @throws BentoError BENTO_INVALID_INPUT when they differ
 */
export function concatRows<T extends Tensor>(parts: readonly T[]): T {
  const [first] = parts;
  if (first === undefined) {
    throw new BentoError("BENTO_BUG", "no tensors to join");
  }
  if (parts.length === 1) {
    return first;
  }
  const rest = first.dims.slice(1).join(", ");
  for (const part of parts) {
    const isAlike = part.dtype === first.dtype && part.dims.slice(1).join(", ") === rest;
    if (!isAlike || part.dims.length === 0) {
      throw new BentoError(
        "BENTO_INVALID_INPUT",
        `rows of different shapes cannot share a batch: ${describe(first)} and ${describe(part)}`,
      );
    }
  }
  const rows = parts.reduce((sum, part) => sum + (part.dims[0] ?? 0), 0);
  const cells: Cells[Dtype] = allocateCells(first.dtype, rows * rowLength(first.dims));
  copyRows(parts, cells);
  return pairTensor(first.dtype, [rows, ...first.dims.slice(1)], cells) as T; // of the same dtype
}

function copyRows(parts: readonly Tensor[], cells: Cells[Dtype]): void {
  let offset = 0;
  for (const part of parts) {
    if (Array.isArray(cells)) {
      for (const [index, text] of (part.data as string[]).entries()) {
        cells[offset + index] = text;
      }
    } else {
      // the caller made sure that both arrays are of one kind
      (cells as Float32Array).set(part.data as unknown as Float32Array, offset);
    }
    offset += part.data.length;
  }
}

function describe(part: Tensor): string {
  return `${part.dtype} [${part.dims.join(", ")}]`;
}

function toCells<D extends Dtype>(dtype: D, data: Cells[D] | readonly number[]): Cells[D] {
  if (!Array.isArray(data)) {
    const own = dtype === "string" ? Array : ARRAYS[dtype as keyof typeof ARRAYS];
    if (!(data instanceof own)) {
      const got = Object.prototype.toString.call(data).slice("[object ".length, -1);
      throw new BentoError("BENTO_INVALID_INPUT", `expected ${own.name} for ${dtype}, got ${got}`);
    }
    return data as Cells[D];
  }
  const items: readonly unknown[] = data;
  for (const [index, value] of items.entries()) {
    const problem = plainProblem(dtype, value);
    if (problem !== undefined) {
      throw new BentoError("BENTO_INVALID_INPUT", `element ${index}: ${problem}`);
    }
  }
  if (dtype === "string") {
    return data as unknown as Cells[D];
  }
  const cells = allocateCells(dtype, items.length);
  for (const [index, value] of items.entries()) {
    (cells as unknown[])[index] = toCell(dtype, value); // TypeScript cannot follow that dtype decides both
  }
  return cells;
}

function plainProblem(dtype: Dtype, value: unknown): string | undefined {
  if (dtype === "string") {
    return typeof value === "string" ? undefined : `expected a string, got ${show(value)}`;
  }
  if (dtype === "bool") {
    const isBit = value === 0 || value === 1 || typeof value === "boolean";
    return isBit ? undefined : `expected 0 or 1, got ${show(value)}`;
  }
  if (typeof value !== "number") {
    return `expected a number, got ${show(value)}`;
  }
  return dtype.startsWith("float") && !Number.isFinite(value)
    ? undefined // a model may take NaN for what is missing
    : numberProblem(dtype, value);
}

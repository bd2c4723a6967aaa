/**
 * Typed arrays with a shape: what models take and give. A tensor never copies the data it is given.
 *
 * @module
 */
import { BentoError } from "./bento-error.ts";
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

/** `dims` multiply to the length of `data`, which is in row-major order. */
export interface Tensor<D extends Dtype = Dtype> {
  readonly dtype: D;
  readonly dims: readonly number[];
  readonly data: Cells[D];
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
 * Makes a tensor from a typed array (kept, not copied) or from plain numbers (converted).
 *
 * @param dims - lengths of the axes; their product must be the number of elements
 * @throws BentoError BENTO_INVALID_INPUT when the product and the number of elements differ
 */
export function tensor<const D extends Dtype>(
  dtype: D,
  dims: readonly number[],
  data: Cells[D] | readonly number[],
): Tensor<D> {
  const expected = dims.reduce((product, length) => product * length, 1);
  if (expected !== data.length) {
    throw new BentoError(
      "BENTO_INVALID_INPUT",
      `expected ${expected} elements for a ${dtype} tensor [${dims.join(", ")}], got ${data.length}`,
    );
  }
  return { dtype, dims, data: toCells(dtype, data) };
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
 */
export function sliceRows<D extends Dtype>(whole: Tensor<D>, from: number, to: number): Tensor<D> {
  const stride = rowLength(whole.dims);
  const data: unknown = Array.isArray(whole.data)
    ? whole.data.slice(from * stride, to * stride)
    : whole.data.subarray(from * stride, to * stride);
  return { dtype: whole.dtype, dims: [to - from, ...whole.dims.slice(1)], data: data as Cells[D] };
}

/**
 * Joins tensors along the first axis into fresh memory.
 *
 * @param parts - at least one; the same dtype and the same axes after the first
 * @throws BentoError BENTO_INVALID_INPUT when they differ
 */
export function concatRows<D extends Dtype>(parts: readonly Tensor<D>[]): Tensor<D> {
  const [first] = parts;
  if (first === undefined) {
    throw new BentoError("BENTO_BUG", "no tensors to join");
  }
  if (parts.length === 1) {
    return first;
  }
  const rest = first.dims.slice(1).join(", ");
  for (const part of parts) {
    if (part.dtype !== first.dtype || part.dims.slice(1).join(", ") !== rest) {
      throw new BentoError(
        "BENTO_INVALID_INPUT",
        `rows of different shapes cannot share a batch: ${describe(first)} and ${describe(part)}`,
      );
    }
  }
  const rows = parts.reduce((sum, part) => sum + (part.dims[0] ?? 0), 0);
  const cells = allocateCells(first.dtype, rows * rowLength(first.dims));
  copyRows(parts, cells);
  return { dtype: first.dtype, dims: [rows, ...first.dims.slice(1)], data: cells };
}

function copyRows<D extends Dtype>(parts: readonly Tensor<D>[], cells: Cells[D]): void {
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
  if (!Array.isArray(data) || dtype === "string") {
    return data as Cells[D];
  }
  const cells = allocateCells(dtype, data.length);
  const isBig = dtype === "int64" || dtype === "uint64";
  for (const [index, value] of data.entries()) {
    // one loop for both families: TypeScript cannot follow that `isBig` decides the array
    (cells as unknown as (number | bigint)[])[index] = isBig ? BigInt(value) : Number(value);
  }
  return cells;
}

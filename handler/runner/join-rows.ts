/**
 * Makes one batch of the rows of several callers, in memory of the pool, and cuts what came back to each caller's
 * length. Rows of different lengths are filled up to the longest of the batch, along axis 1.
 *
 * @module
 */
import type { Padding } from "../../core/padding.ts";
import { type Cells, type Dtype, pairTensor, rowLength, type Tensor } from "../../core/tensor.ts";
import type { Slice } from "../batcher.ts";
import type { BufferPool } from "./buffer-pool.ts";
import type { RunnerSpec, Tensors } from "./onnx-session.ts";

export interface JoinRowsOptions {
  readonly memory: BufferPool;
  readonly padding?: Padding | undefined;
}

/** @returns tensors that share no memory with the callers' */
export function joinRows(slices: readonly Slice<Tensors>[], options: JoinRowsOptions): Tensors {
  const { memory, padding } = options;
  const joined: Record<string, Tensor> = {};
  const [first] = slices;
  for (const name in first?.payload) {
    const fill = padding?.values[name];
    joined[name] = joinInput(slices, { name, memory, fill });
  }
  return joined;
}

/** Copies of a call's tensors, in memory of the pool. */
export function copyTensors(tensors: Tensors, memory: BufferPool): Tensors {
  const copies: Record<string, Tensor> = {};
  for (const [name, whole] of Object.entries(tensors)) {
    const data = memory.take(whole.dtype, whole.data.length);
    place(whole.data, data, 0);
    copies[name] = pairTensor(whole.dtype, whole.dims, data);
  }
  return copies;
}

/** The length along axis 1 of a call's padded inputs; undefined for a model that has none. */
export function lengthOf(inputs: Tensors, padding: Padding | undefined): number | undefined {
  const [name] = Object.keys(padding?.values ?? {});
  return name === undefined ? undefined : inputs[name]?.dims[1];
}

/** Cuts outputs that run along the padded axis to the length that the caller gave. */
export function trimOutputs(
  outputs: Tensors,
  { spec, padding, length }: { spec: RunnerSpec; padding: Padding; length: number },
): Tensors {
  const [name] = Object.keys(padding.values);
  const axis = spec.inputs.find((input) => input.name === name)?.dims[1];
  const trimmed: Record<string, Tensor> = {};
  for (const [output, whole] of Object.entries(outputs)) {
    const declared = spec.outputs.find((candidate) => candidate.name === output)?.dims[1];
    const isAlong = declared !== undefined && declared === axis;
    trimmed[output] = isAlong && (whole.dims[1] ?? 0) > length ? trim(whole, length) : whole;
  }
  return trimmed;
}

interface JoinInput {
  readonly name: string;
  readonly memory: BufferPool;
  /** Stands behind the end of shorter rows; undefined where all rows are of one shape. */
  readonly fill: number | undefined;
}

function joinInput(slices: readonly Slice<Tensors>[], { name, memory, fill }: JoinInput): Tensor {
  const parts = slices.map(({ payload, from, to }) => ({
    whole: payload[name] as Tensor,
    from,
    to,
  }));
  const [first] = parts as [(typeof parts)[0]];
  const { dtype } = first.whole;
  const rows = parts.reduce((sum, { from, to }) => sum + to - from, 0);
  const longest = Math.max(...parts.map(({ whole }) => whole.dims[1] ?? 1));
  const rest =
    fill === undefined ? first.whole.dims.slice(1) : [longest, ...first.whole.dims.slice(2)];
  const dims = [rows, ...rest];
  const stride = rowLength(dims);
  const data = memory.take(dtype, rows * stride);
  let row = 0;
  for (const { whole, from, to } of parts) {
    const own = rowLength(whole.dims);
    if (own === stride) {
      place(part(whole.data, from * own, to * own), data, row * stride);
      row += to - from;
      continue;
    }
    for (let index = from; index < to; index += 1, row += 1) {
      place(part(whole.data, index * own, (index + 1) * own), data, row * stride);
      fillCells(data, fill ?? 0, { from: row * stride + own, to: (row + 1) * stride });
    }
  }
  return pairTensor(dtype, dims, data);
}

function trim(whole: Tensor, length: number): Tensor {
  const [rows = 0, padded = 0, ...rest] = whole.dims;
  const cell = rest.reduce((product, axis) => product * axis, 1);
  const kept = part(whole.data, 0, rows * length * cell).slice() as Tensor["data"];
  for (let row = 0; row < rows; row += 1) {
    const from = row * padded * cell;
    place(part(whole.data, from, from + length * cell), kept, row * length * cell);
  }
  return pairTensor(whole.dtype, [rows, length, ...rest], kept);
}

type AnyCells = Cells[Dtype];

function part(cells: AnyCells, from: number, to: number): AnyCells {
  return Array.isArray(cells) ? cells.slice(from, to) : cells.subarray(from, to);
}

/** Both are of one dtype. */
function place(source: AnyCells, target: AnyCells, at: number): void {
  if (Array.isArray(target)) {
    for (const [index, text] of (source as string[]).entries()) {
      target[at + index] = text;
    }
  } else {
    (target as Float32Array).set(source as Float32Array, at);
  }
}

function fillCells(
  cells: AnyCells,
  value: number,
  { from, to }: { readonly from: number; readonly to: number },
): void {
  if (cells instanceof BigInt64Array || cells instanceof BigUint64Array) {
    cells.fill(BigInt(value), from, to);
  } else if (Array.isArray(cells)) {
    cells.fill("", from, to);
  } else {
    cells.fill(value, from, to);
  }
}

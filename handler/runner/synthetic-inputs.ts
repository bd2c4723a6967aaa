/**
 * Inputs made up from a model's spec alone, to measure it with. Their values mean nothing: small numbers, of which every
 * run has the same.
 *
 * @module
 */
import type { Padding } from "../../core/padding.ts";
import { allocateCells, pairTensor, rowLength, type Tensor } from "../../core/tensor.ts";
import type { TensorSpec } from "../../core/tensor-spec.ts";
import type { RunnerSpec, Tensors } from "./onnx-session.ts";

/** Length of made-up rows where the model leaves it open. */
export const SAMPLE_LENGTH = 16;

/** Why no inputs can be made up, in words; undefined where they can. */
export function unknownInput(spec: RunnerSpec, padding?: Padding): string | undefined {
  for (const { name, dtype, dims } of spec.inputs) {
    if (dtype === "string") {
      return `input ${name} takes texts`;
    }
    const open = dims.find(
      (length, axis) => axis > 0 && lengthOf(length, { spec, padding, name }) === undefined,
    );
    if (open !== undefined) {
      return `input ${name} leaves the length of axis ${dims.indexOf(open)} open`;
    }
  }
  return undefined;
}

/**
 * For a spec that {@link unknownInput} finds nothing wrong with.
 *
 * @param rows - length of every symbolic first axis
 */
export function syntheticInputs(spec: RunnerSpec, rows: number, padding?: Padding): Tensors {
  return Object.fromEntries(
    spec.inputs.map((input) => [input.name, synthetic(input, { rows, spec, padding })]),
  );
}

interface Rows {
  readonly rows: number;
  readonly spec: RunnerSpec;
  readonly padding: Padding | undefined;
}

function synthetic({ name, dtype, dims }: TensorSpec, { rows, spec, padding }: Rows): Tensor {
  const lengths = dims.map((length, axis) =>
    axis === 0 && typeof length === "string"
      ? rows
      : (lengthOf(length, { spec, padding, name }) ?? 1),
  );
  const count = (lengths[0] ?? 1) * rowLength(lengths);
  const data = allocateCells(dtype, count);
  if (data instanceof Float32Array || data instanceof Float64Array) {
    for (let index = 0; index < count; index += 1) {
      data[index] = ((index * 7) % 11) / 11; // not all alike, so that trees branch
    }
  }
  if (Object.hasOwn(padding?.values ?? {}, name)) {
    fillOnes(data); // a mask that hides nothing, and ids that every vocabulary has
  }
  return pairTensor(dtype, lengths, data);
}

function fillOnes(data: Tensor["data"]): void {
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    data.fill(1n);
  } else if (!Array.isArray(data)) {
    data.fill(1);
  }
}

/** Of an axis behind the first. An axis of the rows' own name is as long as they are; that is not known here. */
function lengthOf(
  length: number | string,
  { spec, padding, name }: { spec: RunnerSpec; padding: Padding | undefined; name: string },
): number | undefined {
  if (typeof length === "number") {
    return length;
  }
  const padded = Object.keys(padding?.values ?? {});
  const axes = spec.inputs
    .filter((input) => padded.includes(input.name))
    .map((input) => input.dims[1]);
  return padded.includes(name) || axes.includes(length) ? SAMPLE_LENGTH : undefined;
}

/**
 * Checks tensors against what a graph declares, before they may enter a batch with those of others.
 *
 * @module
 */
import { BentoError } from "../../core/bento-error.ts";
import { textProblem } from "../../core/element.ts";
import { nearest } from "../../core/nearest.ts";
import type { Padding } from "../../core/padding.ts";
import { show } from "../../core/show.ts";
import { allocateCells, type Tensor } from "../../core/tensor.ts";
import { formatTensorSpec, type TensorSpec } from "../../core/tensor-spec.ts";
import { type Fault, withFaults } from "../callers-fault.ts";
import type { RunnerSpec, Tensors } from "./onnx-session.ts";

export interface CheckInputsOptions {
  /** Rows of all inputs must be as many. */
  readonly isBatchable: boolean;
  /** How messages call the model. */
  readonly subject: string;
  /** Its inputs are as long as each other along axis 1. */
  readonly padding?: Padding | undefined;
}

/**
 * @throws BentoError BENTO_INVALID_INPUT with a line for each problem
 */
export function checkInputs(inputs: Tensors, spec: RunnerSpec, options: CheckInputsOptions): void {
  const faults: Fault[] = [];
  const problems = unknownNames(inputs, spec);
  faults.push(...problems.map(() => undefined));
  for (const expected of spec.inputs) {
    const got = inputs[expected.name];
    const found = got === undefined ? [missing(expected)] : tensorProblems(got, expected);
    const texts = got === undefined || found.length > 0 ? [] : textProblems(got, expected.name);
    problems.push(...found, ...texts);
    faults.push(...found.map(() => got), ...texts.map(() => "data" as const));
  }
  if (problems.length === 0 && options.isBatchable) {
    problems.push(...unequalRows(inputs), ...unequalLengths(inputs, options.padding));
    faults.push(...Object.values(inputs));
  }
  if (problems.length > 0) {
    const error = new BentoError("BENTO_INVALID_INPUT", problems.join("\n"), {
      where: options.subject,
      hint: `it takes ${spec.inputs.map(formatTensorSpec).join("; ")}`,
    });
    throw withFaults(error, faults);
  }
}

function missing(expected: TensorSpec): string {
  return `input ${JSON.stringify(expected.name)} is missing: expected ${formatTensorSpec(expected)}`;
}

/** Texts that onnxruntime would change without a word: of each tensor the first one. */
function textProblems({ data }: Tensor, name: string): string[] {
  if (!Array.isArray(data)) {
    return [];
  }
  const at = data.findIndex((text) => textProblem(text) !== undefined || text.includes("\0"));
  const text = data[at];
  if (text === undefined) {
    return [];
  }
  const problem =
    textProblem(text) ??
    `expected a text without U+0000, which no model can take, got ${show(text)}`;
  return [`input ${JSON.stringify(name)}, element ${at}: ${problem}`];
}

function unknownNames(inputs: Tensors, spec: RunnerSpec): string[] {
  const names = spec.inputs.map((input) => input.name);
  return Object.keys(inputs)
    .filter((name) => !names.includes(name))
    .map((name) => {
      const near = nearest(name, names);
      const advice = near === undefined ? "" : `; did you mean ${JSON.stringify(near)}?`;
      return `no input is called ${JSON.stringify(name)}${advice}`;
    });
}

function tensorProblems(got: Tensor, expected: TensorSpec): string[] {
  const where = `input ${JSON.stringify(expected.name)}`;
  if (!isTensor(got)) {
    return [`${where}: expected a tensor, made by tensor("${expected.dtype}", dims, data)`];
  }
  if (got.dtype !== expected.dtype) {
    return [`${where}: expected ${expected.dtype}, got ${got.dtype}`];
  }
  const shape = `[${expected.dims.join(", ")}]`;
  if (got.dims.length !== expected.dims.length) {
    return [
      `${where}: expected ${expected.dims.length} axes ${shape}, got [${got.dims.join(", ")}]`,
    ];
  }
  if (
    expected.dims.some((length, axis) => typeof length === "number" && length !== got.dims[axis])
  ) {
    return [`${where}: expected shape ${shape}, got [${got.dims.join(", ")}]`];
  }
  const cells = got.dims.reduce((product, length) => product * length, 1);
  if (cells !== got.data.length) {
    return [
      `${where}: shape [${got.dims.join(", ")}] has ${cells} elements, the data ${got.data.length}`,
    ];
  }
  const kind = allocateCells(got.dtype, 0);
  if (kind.constructor !== got.data.constructor) {
    return [
      `${where}: ${got.dtype} is held in ${kind.constructor.name}, got ${got.data.constructor.name}`,
    ];
  }
  return [];
}

function unequalRows(inputs: Tensors): string[] {
  const rows = new Set(Object.values(inputs).map((input) => input.dims[0]));
  if (rows.size <= 1) {
    return [];
  }
  const listed = Object.entries(inputs).map(([name, { dims }]) => `${name} has ${dims[0]}`);
  return [`all inputs need the same number of rows: ${listed.join(", ")}`];
}

function unequalLengths(inputs: Tensors, padding: Padding | undefined): string[] {
  const names = Object.keys(padding?.values ?? {});
  const lengths = new Set(names.map((name) => inputs[name]?.dims[1]));
  if (lengths.size <= 1) {
    return [];
  }
  const listed = names.map((name) => `${name} has ${inputs[name]?.dims[1]}`);
  return [`padded inputs need the same length along axis 1: ${listed.join(", ")}`];
}

/** True for what `tensor()` and `io.tensor` make. */
export function isTensor(value: unknown): value is Tensor {
  return (
    typeof value === "object" &&
    value !== null &&
    "dtype" in value &&
    "data" in value &&
    "dims" in value &&
    Array.isArray(value.dims)
  );
}

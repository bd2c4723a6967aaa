/**
 * Reads a request of the Open Inference Protocol: JSON alone, or JSON of `Inference-Header-Content-Length` bytes with
 * tensors as raw bytes behind it. Every tensor is checked against what the api declares, before any work begins.
 *
 * @module
 */
import { isUtf8 } from "node:buffer";
import * as z from "zod";
import { type NestedProblem, readNested, type TensorShape } from "../../core/nested.ts";
import { show } from "../../core/show.ts";
import type { Tensor } from "../../core/tensor.ts";
import { OUTPUT } from "../../core/tensor-api.ts";
import { datatypeOf, readFiniteCells } from "../../core/tensor-bytes.ts";
import { asSent } from "../as-sent.ts";
import { invalidInput } from "../call.ts";
import { HttpError } from "../http-error.ts";
import { formatPath, type Problem, problemsOf } from "../problem.ts";

const RequestedOutput = z.object({
  name: z.string(),
  parameters: z.object({ binary_data: z.boolean().optional() }).optional(),
});
const RequestInput = z.object({
  name: z.string(),
  shape: z.array(z.int().min(0)),
  datatype: z.string(),
  parameters: z.object({ binary_data_size: z.int().min(0).optional() }).optional(),
  data: z.array(z.unknown()).optional(),
});
const InferenceHeader = z.object({
  id: z.string().optional(),
  parameters: z.object({ binary_data_output: z.boolean().optional() }).optional(),
  inputs: z.array(RequestInput),
  outputs: z.array(RequestedOutput).optional(),
});

export interface InferenceRequest {
  readonly id: string | undefined;
  readonly inputs: Readonly<Record<string, Tensor>>;
  /** Whether the output goes back as bytes. */
  readonly isBinary: boolean;
}

/**
 * @param declared - shapes by the names of the inputs
 * @param headerLength - the header `Inference-Header-Content-Length`, absent for JSON alone
 * @throws HttpError 400 with every problem and its path
 */
export function readRequest(
  body: Uint8Array,
  headerLength: string | null,
  declared: Readonly<Record<string, TensorShape>>,
): InferenceRequest {
  const length = readLength(headerLength, body.byteLength);
  const text = readHeader(body.subarray(0, length));
  try {
    return readParts(parseHeader(text), body.subarray(length), declared);
  } catch (error) {
    throw asSent(error, text);
  }
}

function readParts(
  header: unknown,
  raw: Uint8Array,
  declared: Readonly<Record<string, TensorShape>>,
): InferenceRequest {
  const parsed = z.safeParse(InferenceHeader, header);
  if (!parsed.success) {
    throw invalidInput(problemsOf(parsed.error.issues));
  }
  const { id, parameters, outputs } = parsed.data;
  const unknown = (outputs ?? []).flatMap(({ name }, index) =>
    name === OUTPUT
      ? []
      : [{ path: `outputs[${index}].name`, message: `expected ${OUTPUT}, got ${show(name)}` }],
  );
  if (unknown.length > 0) {
    throw invalidInput(unknown);
  }
  const inputs = readInputs(parsed.data.inputs, raw, declared);
  const asked = outputs?.[0]?.parameters?.binary_data;
  return { id, inputs, isBinary: asked ?? parameters?.binary_data_output ?? false };
}

function readLength(header: string | null, bodyLength: number): number {
  if (header === null) {
    return bodyLength;
  }
  const length = Number(header);
  if (!/^\d+$/.test(header) || length > bodyLength) {
    throw new HttpError(
      400,
      `Inference-Header-Content-Length: expected a number of bytes up to ${bodyLength}, got ${show(header)}`,
    );
  }
  return length;
}

function readHeader(bytes: Uint8Array): string {
  if (!isUtf8(bytes)) {
    throw new HttpError(400, "the JSON before the tensors is not UTF-8 text");
  }
  const { buffer, byteOffset, byteLength } = bytes;
  return Buffer.from(buffer, byteOffset, byteLength).toString("utf8");
}

function parseHeader(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new HttpError(400, "what stands before the tensors is not JSON");
  }
}

type RequestInput = z.infer<typeof RequestInput>;

function readInputs(
  given: readonly RequestInput[],
  raw: Uint8Array,
  declared: Readonly<Record<string, TensorShape>>,
): Record<string, Tensor> {
  const problems: Problem[] = [];
  const inputs: Record<string, Tensor> = {};
  let at = 0;
  for (const [index, input] of given.entries()) {
    const path = ["inputs", index];
    const size = input.parameters?.binary_data_size;
    const bytes = size === undefined ? undefined : raw.subarray(at, at + size);
    at += size ?? 0;
    const shape = Object.hasOwn(declared, input.name) ? declared[input.name] : undefined;
    const read =
      shape === undefined || Object.hasOwn(inputs, input.name)
        ? { problem: nameProblem(input.name, shape, declared) }
        : readInput(input, bytes, shape);
    if ("problem" in read) {
      problems.push({ path: formatPath([...path, ...(read.path ?? [])]), message: read.problem });
    } else {
      inputs[input.name] = read.tensor;
    }
  }
  for (const [name, shape] of Object.entries(declared)) {
    if (!given.some((input) => input.name === name)) {
      const expected = `${datatypeOf(shape.dtype)} [${shape.dims.join(", ")}]`;
      problems.push({ path: "inputs", message: `missing ${show(name)}; expected ${expected}` });
    }
  }
  if (problems.length === 0 && at !== raw.byteLength) {
    const message = `expected ${at} bytes after the JSON, got ${raw.byteLength}`;
    problems.push({ path: "", message });
  }
  if (problems.length > 0) {
    throw invalidInput(problems);
  }
  return inputs;
}

function nameProblem(
  name: string,
  shape: TensorShape | undefined,
  declared: Readonly<Record<string, TensorShape>>,
): string {
  return shape === undefined
    ? `no input is called ${show(name)}; they are ${Object.keys(declared).join(", ")}`
    : `${show(name)} is given twice`;
}

type ReadInput =
  | { readonly tensor: Tensor }
  | { readonly problem: string; readonly path?: readonly PropertyKey[] };

function readInput(
  input: RequestInput,
  bytes: Uint8Array | undefined,
  shape: TensorShape,
): ReadInput {
  const expected = datatypeOf(shape.dtype);
  if (input.datatype !== expected) {
    return { path: ["datatype"], problem: `expected ${expected}, got ${show(input.datatype)}` };
  }
  if (!fits(input.shape, shape.dims)) {
    const want = `[${shape.dims.join(", ")}]`;
    return { path: ["shape"], problem: `expected ${want}, got [${input.shape.join(", ")}]` };
  }
  if (input.shape[0] === 0 && typeof shape.dims[0] === "string") {
    return { path: ["shape"], problem: "expected at least 1 row, got 0" };
  }
  const length = input.shape.reduce((product, axis) => product * axis, 1);
  if (bytes !== undefined) {
    const data =
      input.data === undefined
        ? readFiniteCells(shape.dtype, length, bytes)
        : "expected data or bytes, got both";
    return typeof data === "string"
      ? { problem: data }
      : { tensor: { dtype: shape.dtype, dims: input.shape, data } as Tensor };
  }
  if (input.data === undefined) {
    return { path: ["data"], problem: "missing; expected a list, or binary_data_size" };
  }
  // row-major, nested or flat
  const isFlat = input.shape.length > 1 && !Array.isArray(input.data[0]);
  const dims = isFlat ? [length] : input.shape;
  const found: NestedProblem[] = [];
  const read = readNested({ dtype: shape.dtype, dims }, input.data, found);
  const [first] = found;
  return first === undefined
    ? { tensor: { ...read, dims: input.shape } }
    : { path: ["data", ...first.path], problem: first.message };
}

/** A number fixes an axis; axes of the same name are as long; `?` is no name. */
function fits(given: readonly number[], dims: readonly (string | number)[]): boolean {
  const named = new Map<string, number>();
  return (
    given.length === dims.length &&
    dims.every((dim, axis) => {
      const length = given[axis] ?? 0;
      if (typeof dim === "number") {
        return dim === length;
      }
      const known = dim === "?" ? length : (named.get(dim) ?? length);
      named.set(dim, known);
      return known === length;
    })
  );
}

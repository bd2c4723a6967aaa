/**
 * Answers the Open Inference Protocol for an api that is made of tensors: what it is, and what it infers.
 *
 * @module
 */
import { BentoError } from "../../core/bento-error.ts";
import { type NestedProblem, type TensorShape, writeNested } from "../../core/nested.ts";
import type { Tensor } from "../../core/tensor.ts";
import { OUTPUT, type TensorApi } from "../../core/tensor-api.ts";
import { datatypeOf, writeCells } from "../../core/tensor-bytes.ts";
import { blamed } from "../callers-fault.ts";
import { isTensor } from "../runner/check-inputs.ts";
import type { InferenceRequest } from "./read-request.ts";

/** The protocol's metadata; an open axis is -1. */
export function metadataOf(api: TensorApi, version: string): object {
  const describe = (name: string, { dtype, dims }: TensorShape) => ({
    name,
    datatype: datatypeOf(dtype),
    shape: dims.map((dim) => (typeof dim === "number" ? dim : -1)),
  });
  return {
    name: api.name,
    versions: [version],
    platform: "bentokit",
    inputs: Object.entries(api.inputs).map(([name, shape]) => describe(name, shape)),
    outputs: [describe(OUTPUT, api.output)],
  };
}

export interface InferenceAnswer {
  readonly body: string | Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * @param run - the api's own, in a context
 * @throws BentoError BENTO_INVALID_SERVICE when `run` gives no tensor of the declared shape
 */
export async function infer(
  api: TensorApi,
  request: InferenceRequest,
  run: (inputs: InferenceRequest["inputs"]) => Promise<unknown>,
): Promise<InferenceAnswer> {
  let answer: unknown;
  try {
    answer = await run(request.inputs);
  } catch (error) {
    throw blamed(error, Object.values(request.inputs), `apis.${api.name}`);
  }
  const problems: NestedProblem[] = [];
  const { isBinary } = request;
  const whole = isTensor(answer) ? answer : undefined;
  if (whole === undefined || !isDeclared(whole, api.output)) {
    throw wrongOutput(api, `expected a tensor ${api.output.dtype} [${api.output.dims.join(", ")}]`);
  }
  const nested = isBinary ? undefined : writeNested(api.output, whole, problems);
  const [problem] = problems;
  if (problem !== undefined) {
    throw wrongOutput(api, problem.message);
  }
  return formatAnswer(request, { name: api.name, whole, nested });
}

interface Made {
  readonly name: string;
  readonly whole: Tensor;
  /** Undefined for bytes. */
  readonly nested: unknown;
}

function formatAnswer({ id }: InferenceRequest, { name, whole, nested }: Made): InferenceAnswer {
  const bytes = nested === undefined ? writeCells(whole) : undefined;
  const output = {
    name: OUTPUT,
    datatype: datatypeOf(whole.dtype),
    shape: whole.dims,
    ...(bytes === undefined
      ? { data: [nested].flat(whole.dims.length) }
      : { parameters: { binary_data_size: bytes.byteLength } }),
  };
  const head = JSON.stringify({
    model_name: name,
    ...(id === undefined ? {} : { id }),
    outputs: [output],
  });
  if (bytes === undefined) {
    return { body: head, headers: { "content-type": "application/json" } };
  }
  const length = Buffer.byteLength(head);
  const body = Buffer.allocUnsafe(length + bytes.byteLength);
  body.write(head, "utf8");
  body.set(bytes, length);
  return {
    body,
    headers: {
      "content-type": "application/octet-stream",
      "inference-header-content-length": String(length),
    },
  };
}

function isDeclared({ dtype, dims, data }: Tensor, declared: TensorShape): boolean {
  return (
    dtype === declared.dtype &&
    dims.length === declared.dims.length &&
    declared.dims.every((dim, axis) => typeof dim === "string" || dim === dims[axis]) &&
    data.length === dims.reduce((product, length) => product * length, 1)
  );
}

function wrongOutput(api: TensorApi, message: string): BentoError {
  return new BentoError("BENTO_INVALID_SERVICE", `run gave a wrong output\n${message}`, {
    where: `apis.${api.name}.output`,
    hint: "give what the schema declares, or widen the schema",
  });
}

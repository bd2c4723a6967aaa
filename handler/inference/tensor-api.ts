/**
 * Apis that take and give nothing but tensors, as the Open Inference Protocol sees them: a model with named inputs and one
 * output. What a schema adds to a tensor, such as a refinement, the protocol cannot pass through, so those are left out.
 *
 * @module
 */
import { BentoError } from "../../core/bento-error.ts";
import type {
  ApiDefinition,
  CallContext,
  EndpointDefinition,
  Schema,
} from "../../core/endpoint.ts";
import { tensorShapeOf } from "../../core/io.ts";
import type { Models } from "../../core/model-ref.ts";
import { type NestedProblem, type TensorShape, writeNested } from "../../core/nested.ts";
import type { Tensor } from "../../core/tensor.ts";
import { isTensor } from "../runner/check-inputs.ts";
import { datatypeOf, writeCells } from "./datatypes.ts";
import { type InferenceRequest, OUTPUT } from "./read-request.ts";

export interface TensorApi {
  readonly name: string;
  readonly definition: ApiDefinition;
  readonly inputs: Readonly<Record<string, TensorShape>>;
  readonly output: TensorShape;
}

/** Undefined for an api that is not made of tensors alone. */
export function tensorApiOf(name: string, definition: EndpointDefinition): TensorApi | undefined {
  if (definition.kind !== "api") {
    return undefined;
  }
  const output = plainTensor(definition.output);
  const inputs = Object.entries(definition.input).flatMap(([key, schema]) => {
    const shape = plainTensor(schema);
    return shape === undefined ? [] : [[key, shape] as const];
  });
  return output === undefined || inputs.length < Object.keys(definition.input).length
    ? undefined
    : { name, definition, inputs: Object.fromEntries(inputs), output };
}

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
 * @throws BentoError BENTO_INVALID_SERVICE when `run` gives no tensor of the declared shape
 */
export async function infer(
  api: TensorApi,
  request: InferenceRequest,
  context: CallContext<Models>,
): Promise<InferenceAnswer> {
  const answer = await api.definition.run(request.inputs, context);
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

function plainTensor(schema: Schema): TensorShape | undefined {
  const checks = schema._zod.def.checks ?? [];
  return checks.length === 0 ? tensorShapeOf(schema) : undefined;
}

function wrongOutput(api: TensorApi, message: string): BentoError {
  return new BentoError("BENTO_INVALID_SERVICE", `run gave a wrong output\n${message}`, {
    where: `apis.${api.name}.output`,
    hint: "give what the schema declares, or widen the schema",
  });
}

/**
 * Apis that take and give nothing but tensors, as the Open Inference Protocol sees them: a model with named inputs and one
 * output. What a schema adds to a tensor, such as a refinement, the protocol cannot pass through, so those are left out.
 *
 * @module
 */
import type { ApiDefinition, EndpointDefinition, Schema } from "./endpoint.ts";
import { tensorShapeOf } from "./io.ts";
import type { TensorShape } from "./nested.ts";

/** The one output's name: an api's answer has none of its own. */
export const OUTPUT = "output";

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

function plainTensor(schema: Schema): TensorShape | undefined {
  const checks = schema._zod.def.checks ?? [];
  return checks.length === 0 ? tensorShapeOf(schema) : undefined;
}

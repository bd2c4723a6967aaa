/**
 * Answers an `api`: one request, one run.
 *
 * @module
 */
import * as z from "zod";
import type { ApiDefinition, CallContext, Schema } from "../core/endpoint.ts";
import { tensorShapeOf } from "../core/io.ts";
import type { Models } from "../core/model-ref.ts";
import { type Endpoint, invalidInput, readInput, writeOutput } from "./call.ts";
import { isTensor } from "./runner/check-inputs.ts";

export interface ApiEndpointOptions {
  readonly name: string;
  readonly definition: ApiDefinition;
  /** Runners whose concurrent calls coalesce. */
  readonly models: CallContext<Models>["models"];
}

/** @returns answers with the encoded output, bare */
export function apiEndpoint(options: ApiEndpointOptions): Endpoint {
  const { name, definition, models } = options;
  const schema = z.strictObject({ ...definition.input });
  const keys = Object.keys(definition.input);
  const rowKeys = keys.filter((key) => hasRows(definition.input[key]));
  return async ({ body, requestId, headers, cancellation, log }) => {
    const input = await readInput(schema, keys, body);
    if (rowKeys.length > 0) {
      checkRows(input, rowKeys);
    }
    const context = {
      models,
      log,
      requestId,
      headers,
      get signal() {
        return cancellation.signal;
      },
    };
    const output = await definition.run(input, context);
    return writeOutput(definition.output, output, `apis.${name}.output`);
  };
}

/** Whether a schema is of a tensor whose first axis is open. */
function hasRows(schema: Schema | undefined): boolean {
  const shape = schema === undefined ? undefined : tensorShapeOf(schema);
  return typeof shape?.dims[0] === "string";
}

/** @throws HttpError 400 for tensors of no rows */
function checkRows(input: Readonly<Record<string, unknown>>, keys: readonly string[]): void {
  const problems = keys.flatMap((key) => {
    const given = input[key];
    return isTensor(given) && given.dims[0] === 0
      ? [{ path: key, message: "expected at least 1 row, got 0" }]
      : [];
  });
  if (problems.length > 0) {
    throw invalidInput(problems);
  }
}

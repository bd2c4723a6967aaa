/**
 * Answers an `api`: one request, one run.
 *
 * @module
 */
import * as z from "zod";
import type { ApiDefinition, Schema } from "../core/endpoint.ts";
import { tensorShapeOf } from "../core/io.ts";
import { type Endpoint, invalidInput, readInput, writeOutput } from "./call.ts";
import { blamed } from "./callers-fault.ts";
import type { Clock } from "./clock.ts";
import type { ModelGate } from "./model-gate.ts";
import { isTensor } from "./runner/check-inputs.ts";

export interface ApiEndpointOptions {
  readonly name: string;
  readonly definition: ApiDefinition;
  /** Of the runners whose concurrent calls coalesce. */
  readonly gate: ModelGate;
  readonly clock: Clock;
}

/** @returns answers with the encoded output, bare */
export function apiEndpoint(options: ApiEndpointOptions): Endpoint {
  const { name, definition, gate, clock } = options;
  const schema = z.strictObject({ ...definition.input });
  const keys = Object.keys(definition.input);
  const rowKeys = keys.filter((key) => hasRows(definition.input[key]));
  return async ({ body, requestId, arrivedAt, timeLeftMs, headers, cancellation, log }) => {
    const input = await readInput(schema, keys, body);
    if (rowKeys.length > 0) {
      checkRows(input, rowKeys);
    }
    const visit = gate.visit({ waitedMs: clock.now() - arrivedAt, timeLeftMs }, clock);
    const context = {
      models: visit.models,
      log,
      requestId,
      headers,
      get signal() {
        return cancellation.signal;
      },
    };
    let output: unknown;
    try {
      output = await visit.follow(() => definition.run(input, context));
    } catch (error) {
      throw blamed(error, Object.values(input), `apis.${name}`);
    }
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

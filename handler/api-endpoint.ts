/**
 * Answers an `api`: one request, one run.
 *
 * @module
 */
import * as z from "zod";
import type { ApiDefinition, CallContext } from "../core/endpoint.ts";
import type { Models } from "../core/model-ref.ts";
import { type Endpoint, readInput, writeOutput } from "./call.ts";

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
  return async ({ body, requestId, headers, cancellation, log }) => {
    const input = await readInput(schema, keys, body);
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

/**
 * JSON Schemas of what travels. Always in zod's input direction: that is the wire, for answers too, which are encoded.
 *
 * @module
 */
import * as z from "zod";
import type { EndpointDefinition, Schema } from "./endpoint.ts";

export type JsonSchema = z.core.JSONSchema.BaseSchema;

/** JSON Schema, draft 2020-12, of one schema; what JSON Schema cannot say is left open. */
export function jsonSchemaOf(schema: Schema): JsonSchema {
  const {
    $schema: _,
    "~standard": __,
    ...rest
  } = z.toJSONSchema(schema, {
    io: "input",
    unrepresentable: "any",
    target: "draft-2020-12",
  });
  return rest;
}

/** The body of a request to an api. */
export function requestSchema(api: EndpointDefinition): JsonSchema {
  if (api.kind === "api") {
    return jsonSchemaOf(z.strictObject({ ...api.input }));
  }
  const sent = api.per === "item" ? api.row : z.array(api.row);
  return jsonSchemaOf(z.strictObject({ [api.parameter]: sent }));
}

/** The body of an api's answer. */
export function answerSchema(api: EndpointDefinition): JsonSchema {
  if (api.kind === "api") {
    return jsonSchemaOf(api.output);
  }
  return jsonSchemaOf(api.per === "item" ? api.result : z.array(api.result));
}

/**
 * What a service says of itself to programs and people: OpenAPI, schema, a page. Apart from what serves them, so that
 * none of it is loaded before it is first asked for.
 *
 * @module
 */
import { type OpenapiDocument, openapiDocument } from "../core/openapi.ts";
import { type SchemaJson, schemaJson } from "../core/schema-json.ts";
import type { ServiceDefinition } from "../core/service.ts";
import { indexPage } from "./index-page.ts";

export interface Documents {
  readonly openapi: OpenapiDocument;
  readonly schema: SchemaJson;
  /** HTML. */
  readonly page: string;
}

export function documentsOf(
  definition: ServiceDefinition,
  options: Parameters<typeof openapiDocument>[1],
): Documents {
  const openapi = openapiDocument(definition, options);
  return { openapi, schema: schemaJson(definition), page: indexPage(definition, openapi) };
}

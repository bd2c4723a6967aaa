/**
 * The document at `/schema.json`, in the form that BentoML's clients read.
 *
 * @module
 */
import { answerSchema, type JsonSchema, requestSchema } from "./json-schema.ts";
import type { ServiceDefinition } from "./service.ts";

/** One api, as BentoML describes its own. */
export interface SchemaRoute {
  readonly name: string;
  readonly route: string;
  readonly description: string;
  readonly batchable: boolean;
  readonly input: JsonSchema;
  readonly output: JsonSchema & { readonly is_stream: boolean; readonly media_type: string };
  readonly is_task: boolean;
}

export interface SchemaJson {
  readonly name: string;
  readonly type: "service";
  readonly routes: readonly SchemaRoute[];
  readonly description: string;
  readonly paths: Readonly<Record<string, never>>;
}

/** Deterministic: the same service gives the same document. */
export function schemaJson(definition: ServiceDefinition): SchemaJson {
  const routes = Object.entries(definition.apis).map(([name, api]) => ({
    name,
    route: `/${name}`,
    description: api.description ?? "",
    batchable: api.kind === "batch",
    input: requestSchema(api),
    output: { ...answerSchema(api), is_stream: false, media_type: "application/json" },
    is_task: false,
  }));
  return {
    name: definition.name,
    type: "service",
    routes,
    description: definition.description ?? "",
    paths: {},
  };
}

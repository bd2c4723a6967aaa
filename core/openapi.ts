/**
 * The OpenAPI 3.1 document of a service: every path, and every status that the server can send there.
 *
 * @module
 */
import type { EndpointDefinition } from "./endpoint.ts";
import { answerSchema, type JsonSchema, requestSchema } from "./json-schema.ts";
import { INFERENCE, inferencePaths } from "./openapi-inference.ts";
import {
  errorResponses,
  json,
  type OpenapiOperation,
  okResponse,
  WORK_STATUSES,
} from "./openapi-parts.ts";
import type { ServiceDefinition } from "./service.ts";

export interface OpenapiDocument {
  readonly openapi: "3.1.0";
  readonly info: {
    readonly title: string;
    readonly version: string;
    readonly description?: string;
  };
  readonly servers: readonly { readonly url: string }[];
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, OpenapiOperation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> };
}

export interface OpenapiOptions {
  /** Of the bento. @default "0", as no version is known before the bento is built */
  readonly version?: string;
  /** Whether there is a `/metrics`. @default true */
  readonly hasMetrics?: boolean;
}

const APIS = "Service APIs";
const INFRASTRUCTURE = "Infrastructure";

/** Deterministic: the same service gives the same document. */
export function openapiDocument(
  definition: ServiceDefinition,
  options: OpenapiOptions = {},
): OpenapiDocument {
  const schemas: Record<string, JsonSchema> = { Error: ERROR };
  const paths: Record<string, Record<string, OpenapiOperation>> = {};
  const isLimited = definition.traffic?.maxConcurrency !== undefined;
  for (const [name, api] of Object.entries(definition.apis)) {
    paths[`/${name}`] = { post: operationOf(name, api, { isLimited, schemas }) };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: definition.name,
      version: options.version ?? "0",
      ...(definition.description === undefined ? {} : { description: definition.description }),
    },
    servers: [{ url: "." }],
    tags: [
      { name: APIS, description: "What the service does." },
      { name: INFRASTRUCTURE, description: "Health and documents." },
      { name: INFERENCE, description: "The apis that are made of tensors, also in bytes." },
    ],
    paths: {
      ...paths,
      ...infrastructurePaths(options.hasMetrics ?? true),
      ...inferencePaths(definition, { version: options.version, isLimited }),
    },
    components: { schemas },
  };
}

const ERROR: JsonSchema = {
  type: "object",
  properties: {
    error: { type: "string", description: "What is wrong." },
    detail: { description: "More of it, e.g. a list of problems with their paths." },
  },
  required: ["error"],
  additionalProperties: false,
};

interface OperationOptions {
  /** Whether the service limits its concurrency. */
  readonly isLimited: boolean;
  /** Where definitions that schemas refer to are put. */
  readonly schemas: Record<string, JsonSchema>;
}

function operationOf(
  name: string,
  api: EndpointDefinition,
  { isLimited, schemas }: OperationOptions,
): OpenapiOperation {
  const { 429: limited, ...always } = WORK_STATUSES;
  return {
    operationId: name,
    tags: [APIS],
    ...(api.description === undefined ? {} : { summary: api.description }),
    requestBody: {
      required: true,
      content: json(hoist(requestSchema(api), `${name}_request`, schemas)),
    },
    responses: {
      200: okResponse("The result.", json(hoist(answerSchema(api), `${name}_answer`, schemas))),
      ...errorResponses({
        ...always,
        ...(isLimited ? { 429: limited } : {}),
        default: "An error that the service itself chose.",
      }),
    },
  };
}

/**
 * Moves a schema's own definitions to the document's, where its references then point: `#` means the whole document there.
 */
function hoist(
  schema: JsonSchema,
  prefix: string,
  schemas: Record<string, JsonSchema>,
): JsonSchema {
  const { $defs = {}, ...root } = schema;
  let refersToRoot = false;
  const rename = (reference: string): string => {
    if (reference === "#") {
      refersToRoot = true;
      return `#/components/schemas/${prefix}`;
    }
    return reference.replace(/^#\/\$defs\//, `#/components/schemas/${prefix}_`);
  };
  for (const [name, definition] of Object.entries($defs)) {
    schemas[`${prefix}_${name}`] = rewrite(definition, rename) as JsonSchema;
  }
  const rewritten = rewrite(root, rename) as JsonSchema; // a mapped object stays one
  if (!refersToRoot) {
    return rewritten;
  }
  schemas[prefix] = rewritten;
  return { $ref: `#/components/schemas/${prefix}` };
}

function rewrite(value: unknown, rename: (reference: string) => string): unknown {
  if (Array.isArray(value)) {
    return value.map((item) => rewrite(item, rename));
  }
  if (typeof value !== "object" || value === null) {
    return value;
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      key === "$ref" && typeof item === "string" ? rename(item) : rewrite(item, rename),
    ]),
  );
}

const DOCUMENTS = {
  "/livez": ["Whether the process answers.", "application/json"],
  "/readyz": ["Whether requests are taken.", "application/json", "Not ready, or draining."],
  "/healthz": ["The same as /readyz.", "application/json", "Not ready, or draining."],
  "/metrics": ["Measurements in Prometheus' text format.", "text/plain; version=0.0.4"],
  "/docs.json": ["This document.", "application/json"],
  "/schema.json": ["The apis, as BentoML's clients read them.", "application/json"],
  "/": ["A page for people.", "text/html"],
} as const;

function infrastructurePaths(
  hasMetrics: boolean,
): Record<string, Readonly<Record<string, OpenapiOperation>>> {
  return Object.fromEntries(
    Object.entries(DOCUMENTS)
      .filter(([path]) => hasMetrics || path !== "/metrics")
      .map(([path, [summary, mediaType, unavailable]]) => {
        const refusals = unavailable === undefined ? {} : errorResponses({ 503: unavailable });
        const operation = {
          operationId: path === "/" ? "index" : path.slice(1).replace(".", "_"),
          tags: [INFRASTRUCTURE],
          summary,
          responses: { 200: okResponse(summary, { [mediaType]: { schema: {} } }), ...refusals },
        };
        return [path, { get: operation }];
      }),
  );
}

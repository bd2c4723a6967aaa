/**
 * The OpenAPI 3.1 document of a service: every path, and every status that the server can send there.
 *
 * @module
 */
import type { EndpointDefinition } from "./endpoint.ts";
import { answerSchema, type JsonSchema, requestSchema } from "./json-schema.ts";
import type { ServiceDefinition } from "./service.ts";

interface Content {
  readonly [mediaType: string]: { readonly schema: JsonSchema };
}

export interface OpenapiResponse {
  readonly description: string;
  readonly headers?: Readonly<Record<string, object>>;
  readonly content?: Content;
}

export interface OpenapiOperation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary?: string;
  readonly requestBody?: { readonly required: boolean; readonly content: Content };
  readonly responses: Readonly<Record<string, OpenapiResponse>>;
}

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
  for (const [name, api] of Object.entries(definition.apis)) {
    const isLimited = definition.traffic?.maxConcurrency !== undefined;
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
    ],
    paths: { ...paths, ...INFRASTRUCTURE_PATHS },
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

const REQUEST_ID = { description: "Name of the request in the logs.", schema: { type: "string" } };
const RETRY_AFTER = { description: "Seconds to wait.", schema: { type: "integer" } };

const STATUSES = {
  400: "The body is not JSON, or not what the schema says; `detail` lists every problem.",
  413: "The body is too long.",
  415: "The body is of another media type or encoding.",
  429: "As many requests as the service takes are at work.",
  500: "The service failed.",
  503: "The service is overloaded or shutting down.",
  504: "There was no answer in time.",
} as const;

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
  const refused = Object.entries(STATUSES)
    .filter(([status]) => status !== "429" || isLimited)
    .map(([status, description]) => [status, errorResponse(status, description)]);
  return {
    operationId: name,
    tags: [APIS],
    ...(api.description === undefined ? {} : { summary: api.description }),
    requestBody: {
      required: true,
      content: json(hoist(requestSchema(api), `${name}_request`, schemas)),
    },
    responses: {
      200: {
        description: "The result.",
        headers: { "X-Request-Id": REQUEST_ID },
        content: json(hoist(answerSchema(api), `${name}_answer`, schemas)),
      },
      ...Object.fromEntries(refused),
      default: errorResponse("default", "An error that the service itself chose."),
    },
  };
}

function errorResponse(status: string, description: string): OpenapiResponse {
  const waits = status === "429" || status === "503";
  return {
    description,
    headers: { "X-Request-Id": REQUEST_ID, ...(waits ? { "Retry-After": RETRY_AFTER } : {}) },
    content: json({ $ref: "#/components/schemas/Error" }),
  };
}

function json(schema: JsonSchema): Content {
  return { "application/json": { schema } };
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

const INFRASTRUCTURE_PATHS = Object.fromEntries(
  Object.entries({
    "/livez": ["Whether the process answers.", "application/json", []],
    "/readyz": ["Whether requests are taken.", "application/json", ["503"]],
    "/healthz": ["The same as /readyz.", "application/json", ["503"]],
    "/docs.json": ["This document.", "application/json", []],
    "/schema.json": ["The apis, as BentoML's clients read them.", "application/json", []],
    "/": ["A page for people.", "text/html", []],
  } as const).map(([path, [summary, mediaType, refusals]]) => [
    path,
    {
      get: {
        operationId: path === "/" ? "index" : path.slice(1).replace(".", "_"),
        tags: [INFRASTRUCTURE],
        summary,
        responses: {
          200: {
            description: summary,
            headers: { "X-Request-Id": REQUEST_ID },
            content: { [mediaType]: { schema: {} } },
          },
          ...Object.fromEntries(
            refusals.map((status) => [status, errorResponse(status, "Not ready, or draining.")]),
          ),
        },
      },
    },
  ]),
);

/**
 * What the operations of an OpenAPI document are made of, and the statuses that they share.
 *
 * @module
 */
import type { JsonSchema } from "./json-schema.ts";

export interface Content {
  readonly [mediaType: string]: { readonly schema: JsonSchema };
}

export interface OpenapiResponse {
  readonly description: string;
  readonly headers?: Readonly<Record<string, object>>;
  readonly content?: Content;
}

export interface OpenapiParameter {
  readonly name: string;
  readonly in: "header";
  readonly required: boolean;
  readonly description: string;
  readonly schema: JsonSchema;
}

export interface OpenapiOperation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary?: string;
  readonly parameters?: readonly OpenapiParameter[];
  readonly requestBody?: { readonly required: boolean; readonly content: Content };
  readonly responses: Readonly<Record<string, OpenapiResponse>>;
}

/** What may become of a request that has a body and is worked on. */
export const WORK_STATUSES = {
  400: "The body is not JSON, or not what the schema says; `detail` lists every problem.",
  413: "The body is too long.",
  415: "The body is of another media type or encoding.",
  429: "As many requests as the service takes are at work.",
  500: "The service failed.",
  503: "The service is overloaded or shutting down.",
  504: "There was no answer in time.",
} as const;

const REQUEST_ID = { description: "Name of the request in the logs.", schema: { type: "string" } };
const RETRY_AFTER = { description: "Seconds to wait.", schema: { type: "integer" } };

export function okResponse(description: string, content: Content): OpenapiResponse {
  return { description, headers: { "X-Request-Id": REQUEST_ID }, content };
}

/** @param statuses - each with what it means */
export function errorResponses(
  statuses: Readonly<Record<string, string>>,
): Record<string, OpenapiResponse> {
  return Object.fromEntries(
    Object.entries(statuses).map(([status, description]) => {
      const waits = status === "429" || status === "503";
      const headers = {
        "X-Request-Id": REQUEST_ID,
        ...(waits ? { "Retry-After": RETRY_AFTER } : {}),
      };
      const content = json({ $ref: "#/components/schemas/Error" });
      return [status, { description, headers, content }];
    }),
  );
}

export function json(schema: JsonSchema): Content {
  return { "application/json": { schema } };
}

/**
 * The paths of the Open Inference Protocol in the OpenAPI document, for the apis that are made of tensors.
 *
 * @module
 */
import type { JsonSchema } from "./json-schema.ts";
import type { TensorShape } from "./nested.ts";
import {
  type Content,
  errorResponses,
  json,
  type OpenapiOperation,
  okResponse,
  WORK_STATUSES,
} from "./openapi-parts.ts";
import type { ServiceDefinition } from "./service.ts";
import { OUTPUT, type TensorApi, tensorApiOf } from "./tensor-api.ts";
import { datatypeOf } from "./tensor-bytes.ts";

/** The tag of its operations. */
export const INFERENCE = "Open Inference Protocol";

export interface InferencePathsOptions {
  /** Of the bento; each api is also there under it. Undefined for one that is not built. */
  readonly version: string | undefined;
  /** Whether the service limits its concurrency. */
  readonly isLimited: boolean;
}

type Paths = Record<string, Record<string, OpenapiOperation>>;

/** Always those of the server; of each api made of tensors its own. */
export function inferencePaths(
  definition: ServiceDefinition,
  options: InferencePathsOptions,
): Paths {
  const apis = Object.entries(definition.apis).flatMap(([name, endpoint]) => {
    const api = tensorApiOf(name, endpoint);
    return api === undefined ? [] : [api];
  });
  return {
    "/v2": document("v2", "The server, and what of the protocol it speaks."),
    "/v2/health/live": document("v2_live", "Whether the process answers."),
    "/v2/health/ready": document("v2_ready", "Whether requests are taken.", "may wait"),
    ...Object.fromEntries(apis.flatMap((api) => pathsOf(api, options))),
  };
}

function pathsOf(
  api: TensorApi,
  { version, isLimited }: InferencePathsOptions,
): [string, Paths[string]][] {
  const root = `/v2/models/${api.name}`;
  const places = [
    [root, `v2_${api.name}`],
    ...(version === undefined ? [] : [[`${root}/versions/${version}`, `v2_${api.name}_version`]]),
  ] as const;
  return places.flatMap(([path = "", id = ""]) => [
    [path, document(id, `The inputs and the output of ${api.name}.`)],
    [`${path}/ready`, document(`${id}_ready`, "Whether requests are taken.", "may wait")],
    [`${path}/infer`, { post: inferOperation(api, `${id}_infer`, isLimited) }],
  ]);
}

function document(operationId: string, summary: string, may?: "may wait"): Paths[string] {
  const refusals = may === undefined ? {} : errorResponses({ 503: "Not ready, or draining." });
  const responses = { 200: okResponse(summary, json({ type: "object" })), ...refusals };
  return { get: { operationId, tags: [INFERENCE], summary, responses } };
}

function inferOperation(api: TensorApi, operationId: string, isLimited: boolean): OpenapiOperation {
  const { 429: limited, ...always } = WORK_STATUSES;
  return {
    operationId,
    tags: [INFERENCE],
    summary: api.definition.description ?? `${api.name}, tensors in and out.`,
    parameters: [
      {
        name: "Inference-Header-Content-Length",
        in: "header",
        required: false,
        description: "Length in bytes of the JSON before the tensors' own bytes.",
        schema: { type: "integer", minimum: 0 },
      },
    ],
    requestBody: { required: true, content: eitherWay(requestOf(api)) },
    responses: {
      200: okResponse("The output.", eitherWay(answerOf(api))),
      ...errorResponses({
        ...always,
        ...(isLimited ? { 429: limited } : {}),
        default: "An error that the service itself chose.",
      }),
    },
  };
}

/** JSON alone, or JSON with bytes behind it, which no schema describes. */
function eitherWay(schema: JsonSchema): Content {
  return { ...json(schema), "application/octet-stream": { schema: {} } };
}

function requestOf(api: TensorApi): JsonSchema {
  const inputs = Object.entries(api.inputs).map(([name, shape]) => tensorOf(name, shape));
  return {
    type: "object",
    properties: {
      id: { type: "string" },
      parameters: {
        type: "object",
        properties: { binary_data_output: { type: "boolean" } },
      },
      inputs: {
        type: "array",
        items: inputs.length === 0 ? {} : { anyOf: inputs },
        minItems: inputs.length,
        maxItems: inputs.length,
      },
      outputs: {
        type: "array",
        items: {
          type: "object",
          properties: { name: { const: OUTPUT } },
          required: ["name"],
        },
      },
    },
    required: ["inputs"],
  };
}

function answerOf(api: TensorApi): JsonSchema {
  return {
    type: "object",
    properties: {
      model_name: { const: api.name },
      id: { type: "string" },
      outputs: { type: "array", items: tensorOf(OUTPUT, api.output), minItems: 1, maxItems: 1 },
    },
    required: ["model_name", "outputs"],
  };
}

function tensorOf(name: string, { dtype, dims }: TensorShape): JsonSchema {
  const size = dtype === "string" ? "" : ", little-endian";
  return {
    type: "object",
    properties: {
      name: { const: name },
      datatype: { const: datatypeOf(dtype) },
      shape: {
        type: "array",
        items: { type: "integer", minimum: 0 },
        minItems: dims.length,
        maxItems: dims.length,
        description: `[${dims.join(", ")}]`,
      },
      data: { type: "array", description: "Row-major, nested or flat." },
      parameters: {
        type: "object",
        properties: {
          binary_data_size: {
            type: "integer",
            minimum: 0,
            description: `Bytes of the elements behind the JSON${size}.`,
          },
        },
      },
    },
    required: ["name", "datatype", "shape"],
  };
}

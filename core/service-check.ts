/**
 * Reads the options of `service()` as a user wrote them, in JavaScript as well, and reports every problem at once.
 *
 * @module
 */
import { BentoError } from "./bento-error.ts";
import { Resources, Traffic } from "./bento-manifest.ts";
import type { EndpointDefinition, Schema } from "./endpoint.ts";
import { nearest } from "./nearest.ts";
import { encodeProblem } from "./schema-walk.ts";
import type { ServiceDefinition } from "./service.ts";
import { TAG_PART } from "./tag.ts";
import { parseMemory } from "./units.ts";

/** Last parts of paths that the handler answers itself. */
export const BUILT_IN_PATHS = [
  "livez",
  "readyz",
  "healthz",
  "metrics",
  "docs.json",
  "schema.json",
  "static",
];

const SERVICE_KEYS = [
  "name",
  "description",
  "models",
  "resources",
  "traffic",
  "env",
  "onStart",
  "onStop",
  "isReady",
  "apis",
];
const API_KEYS = ["kind", "description", "input", "output", "run"];
const BATCH_KEYS = [
  "kind",
  "description",
  "parameter",
  "row",
  "result",
  "per",
  "run",
  "maxBatchSize",
  "maxLatencyMs",
  "maxWaitMs",
];

/** What BentoML calls the same thing. */
const BENTOML_NAMES: Readonly<Record<string, string>> = {
  max_batch_size: "maxBatchSize",
  max_latency_ms: "maxLatencyMs",
  gpu_type: "gpuType",
  timeout: "timeoutMs, in milliseconds",
  max_concurrency: "maxConcurrency",
  envs: "env",
  batchable: "the `batch` definer instead of `api`",
  on_startup: "onStart",
  on_shutdown: "onStop",
};

/**
 * @param definers - the `api` and `batch` that the user's `apis` is called with
 * @throws BentoError BENTO_INVALID_SERVICE with a line for each problem
 */
export function checkService(options: object, definers: object): ServiceDefinition {
  const given: Record<string, unknown> = { ...options };
  const problems: string[] = unknownKeys("service", given, SERVICE_KEYS);
  if (typeof given["name"] !== "string" || !TAG_PART.test(given["name"])) {
    problems.push(`name: expected 1 to 63 of a-z 0-9 . _ -, got ${show(given["name"])}`);
  }
  problems.push(...checkModels(given["models"]), ...checkTables(given));
  const apis = callApis(given["apis"], definers, problems);
  for (const [name, api] of Object.entries(apis)) {
    problems.push(...checkApi(name, api));
  }
  if (problems.length > 0) {
    throw new BentoError("BENTO_INVALID_SERVICE", problems.join("\n"), {
      where:
        typeof given["name"] === "string" ? `service ${show(given["name"])}` : "service({ … })",
      hint: "mend the options of service({ … }) in service.ts",
    });
  }
  return { ...given, models: given["models"] ?? {}, apis } as unknown as ServiceDefinition;
}

function callApis(
  apis: unknown,
  definers: object,
  problems: string[],
): Record<string, EndpointDefinition> {
  if (typeof apis !== "function") {
    problems.push(
      "apis: expected a function of the definers, e.g. apis: ({ api, batch }) => ({ … })",
    );
    return {};
  }
  const made: unknown = apis(definers);
  if (typeof made !== "object" || made === null || Object.keys(made).length === 0) {
    problems.push("apis: expected an object with at least one api");
    return {};
  }
  return made as Record<string, EndpointDefinition>; // each is checked next
}

function checkModels(models: unknown): string[] {
  if (models === undefined) {
    return [];
  }
  if (typeof models !== "object" || models === null) {
    return [`models: expected an object of model(…), got ${show(models)}`];
  }
  return Object.entries(models).flatMap(([key, value]) => {
    const kind: unknown =
      typeof value === "object" && value !== null && "kind" in value ? value.kind : undefined;
    return kind === "model" || kind === "model-file"
      ? []
      : [
          `models.${key}: expected model("name:version") or model.file("./m.onnx"), got ${show(value)}`,
        ];
  });
}

function checkTables(given: Record<string, unknown>): string[] {
  const problems: string[] = [];
  const tables = { resources: Resources, traffic: Traffic };
  for (const [key, schema] of Object.entries(tables)) {
    const value = given[key];
    const parsed = value === undefined ? undefined : schema.safeParse(value);
    for (const issue of parsed?.error?.issues ?? []) {
      if (issue.code === "unrecognized_keys") {
        const typed = Object.fromEntries(issue.keys.map((name) => [name, true]));
        problems.push(...unknownKeys(key, typed, Object.keys(schema.shape)));
      } else {
        problems.push(`${[key, ...issue.path].join(".")}: ${lowerFirst(issue.message)}`);
      }
    }
  }
  const resources = Resources.safeParse(given["resources"] ?? {});
  if (resources.success && resources.data.memory !== undefined) {
    try {
      parseMemory(resources.data.memory);
    } catch (error) {
      problems.push(`resources.memory: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return problems;
}

function checkApi(name: string, api: EndpointDefinition): string[] {
  const problems: string[] = [];
  const where = `apis.${name}`;
  if (!/^[A-Za-z_][A-Za-z0-9_-]{0,62}$/.test(name)) {
    problems.push(`${where}: expected a name of letters, digits, _ and -, got ${show(name)}`);
  }
  if (BUILT_IN_PATHS.includes(name)) {
    problems.push(`${where}: /${name} is a path of the server itself; name the api otherwise`);
  }
  if (typeof api !== "object" || api === null || (api.kind !== "api" && api.kind !== "batch")) {
    return [
      ...problems,
      `${where}: expected what api({ … }) or batch({ … }) returns, got ${show(api)}`,
    ];
  }
  problems.push(...unknownKeys(where, { ...api }, api.kind === "api" ? API_KEYS : BATCH_KEYS));
  if (typeof api.run !== "function") {
    problems.push(`${where}.run: expected a function, got ${show(api.run)}`);
  }
  return [...problems, ...(api.kind === "api" ? checkSchemas(where, api) : checkBatch(where, api))];
}

function checkSchemas(where: string, api: EndpointDefinition & { kind: "api" }): string[] {
  const problems: string[] = [];
  if (typeof api.input !== "object" || api.input === null || isSchema(api.input)) {
    problems.push(`${where}.input: expected an object of schemas, e.g. { features: z.array(…) }`);
  } else {
    for (const [key, schema] of Object.entries(api.input)) {
      if (!isSchema(schema)) {
        problems.push(`${where}.input.${key}: expected a zod schema, got ${show(schema)}`);
      }
    }
  }
  return [...problems, ...checkOutput(`${where}.output`, api.output)];
}

function checkBatch(where: string, api: EndpointDefinition & { kind: "batch" }): string[] {
  const problems: string[] = [];
  if (typeof api.parameter !== "string" || api.parameter === "") {
    problems.push(
      `${where}.parameter: expected the key of the rows in the request, got ${show(api.parameter)}`,
    );
  }
  if (!isSchema(api.row)) {
    problems.push(`${where}.row: expected a zod schema, got ${show(api.row)}`);
  }
  if (api.per !== "request" && api.per !== "item") {
    problems.push(`${where}.per: expected "request" or "item", got ${show(api.per)}`);
  }
  if (
    api.maxBatchSize !== undefined &&
    (!Number.isInteger(api.maxBatchSize) || api.maxBatchSize < 1)
  ) {
    problems.push(
      `${where}.maxBatchSize: expected a whole number of rows from 1, got ${show(api.maxBatchSize)}`,
    );
  }
  if (api.maxLatencyMs !== undefined && !(api.maxLatencyMs > 0)) {
    problems.push(
      `${where}.maxLatencyMs: expected milliseconds above 0, got ${show(api.maxLatencyMs)}`,
    );
  }
  if (api.maxWaitMs !== undefined && !(api.maxWaitMs >= 0)) {
    problems.push(`${where}.maxWaitMs: expected milliseconds from 0, got ${show(api.maxWaitMs)}`);
  }
  return [...problems, ...checkOutput(`${where}.result`, api.result)];
}

function checkOutput(where: string, schema: unknown): string[] {
  if (!isSchema(schema)) {
    return [`${where}: expected a zod schema, got ${show(schema)}`];
  }
  const problem = encodeProblem(schema);
  return problem === undefined ? [] : [`${where}: ${problem}`];
}

function unknownKeys(
  where: string,
  given: Record<string, unknown>,
  known: readonly string[],
): string[] {
  return Object.keys(given)
    .filter((key) => !known.includes(key))
    .map((key) => {
      const ours = BENTOML_NAMES[key];
      const near = nearest(key, known);
      const advice =
        ours !== undefined
          ? `; here it is ${ours}`
          : near === undefined
            ? ""
            : `; did you mean ${near}?`;
      return `${where}: unknown option ${show(key)}${advice}`;
    });
}

function isSchema(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && "_zod" in value;
}

function show(value: unknown): string {
  return typeof value === "function" ? "a function" : (JSON.stringify(value) ?? String(value));
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

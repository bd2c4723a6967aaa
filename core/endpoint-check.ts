/**
 * Reads one api of a service as a user wrote it, and says everything that is wrong with it.
 *
 * @module
 */
import type { ApiDefinition, BatchDefinition, EndpointDefinition, Schema } from "./endpoint.ts";
import { unknownKeys } from "./option-check.ts";
import { encodeProblem } from "./schema-walk.ts";
import { show } from "./show.ts";

/** First parts of paths that the handler answers itself. */
export const BUILT_IN_PATHS: readonly string[] = [
  "livez",
  "readyz",
  "healthz",
  "metrics",
  "v2",
  "docs.json",
  "schema.json",
  "static",
];

const BATCH_SETTINGS = ["maxBatchSize", "maxLatencyMs", "maxWaitMs"];
const API_KEYS = ["kind", "description", "input", "output", "run"];
const BATCH_KEYS = ["kind", "description", "parameter", "row", "result", "per", "retry", "run"];

/** @returns a line for each problem, starting with `apis.<name>` */
export function checkEndpoint(name: string, api: EndpointDefinition): string[] {
  const where = `apis.${name}`;
  const problems: string[] = [];
  if (BUILT_IN_PATHS.includes(name)) {
    problems.push(`${where}: /${name} is a path of the server itself; name the api otherwise`);
  } else if (!/^[A-Za-z_][A-Za-z0-9_-]{0,62}$/.test(name)) {
    problems.push(
      `${where}: expected a name of 1 to 63 letters, digits, _ and -, a letter or _ first, got ${show(name)}`,
    );
  }
  if (typeof api !== "object" || api === null || (api.kind !== "api" && api.kind !== "batch")) {
    return [
      ...problems,
      `${where}: expected what api({ … }) or batch({ … }) returns, got ${show(api)}`,
    ];
  }
  const known = api.kind === "api" ? API_KEYS : [...BATCH_KEYS, ...BATCH_SETTINGS];
  problems.push(...unknownKeys(where, Object.keys(api), known));
  if (api.description !== undefined && typeof api.description !== "string") {
    problems.push(`${where}.description: expected a text, got ${show(api.description)}`);
  }
  if (typeof api.run !== "function") {
    problems.push(`${where}.run: expected a function, got ${show(api.run)}`);
  }
  return [...problems, ...(api.kind === "api" ? checkSchemas(where, api) : checkBatch(where, api))];
}

/**
 * The numbers that a batch api and a model share.
 *
 * @param where - start of each line, e.g. `apis.classify`
 */
export function checkBatchSettings(
  where: string,
  settings: Readonly<Record<string, unknown>>,
): string[] {
  const rules: readonly [string, string, (value: number) => boolean][] = [
    ["maxBatchSize", "a whole number of rows from 1", (rows) => Number.isInteger(rows) && rows > 0],
    ["maxLatencyMs", "milliseconds above 0", (ms) => ms > 0],
    ["maxWaitMs", "milliseconds from 0", (ms) => ms >= 0],
  ];
  return rules.flatMap(([key, expected, isRight]) => {
    const value = settings[key];
    const isFine = typeof value === "number" && Number.isFinite(value) && isRight(value);
    return value === undefined || isFine
      ? []
      : [`${where}.${key}: expected ${expected}, got ${show(value)}`];
  });
}

/** As {@link checkBatchSettings}, and no other keys: for `model(tag, { batch })`. */
export function checkModelBatch(where: string, batch: unknown): string[] {
  if (typeof batch !== "object" || batch === null) {
    return [`${where}: expected an object, e.g. { maxBatchSize: 32 }, got ${show(batch)}`];
  }
  return [
    ...unknownKeys(where, Object.keys(batch), BATCH_SETTINGS),
    ...checkBatchSettings(where, { ...batch }),
  ];
}

function checkSchemas(where: string, api: ApiDefinition): string[] {
  const problems: string[] = [];
  if (typeof api.input !== "object" || api.input === null || isSchema(api.input)) {
    problems.push(
      `${where}.input: expected an object of schemas, e.g. { features: z.array(z.number()) }, got ${show(api.input)}`,
    );
  } else {
    for (const [key, schema] of Object.entries(api.input)) {
      if (!isSchema(schema)) {
        problems.push(`${where}.input.${key}: expected a zod schema, got ${show(schema)}`);
      }
    }
  }
  return [...problems, ...checkOutput(`${where}.output`, api.output)];
}

function checkBatch(where: string, api: BatchDefinition): string[] {
  const problems: string[] = [];
  if (typeof api.parameter !== "string" || api.parameter === "") {
    problems.push(
      `${where}.parameter: expected the key of the rows in the request, e.g. "features", got ${show(api.parameter)}`,
    );
  }
  if (!isSchema(api.row)) {
    problems.push(`${where}.row: expected a zod schema, got ${show(api.row)}`);
  }
  if (api.per !== "request" && api.per !== "item") {
    problems.push(`${where}.per: expected "request" or "item", got ${show(api.per)}`);
  }
  if (api.retry !== undefined && typeof api.retry !== "boolean") {
    problems.push(`${where}.retry: expected true or false, got ${show(api.retry)}`);
  }
  problems.push(...checkOutput(`${where}.result`, api.result));
  return [...problems, ...checkBatchSettings(where, { ...api })];
}

function checkOutput(where: string, schema: unknown): string[] {
  if (!isSchema(schema)) {
    return [`${where}: expected a zod schema, got ${show(schema)}`];
  }
  const problem = encodeProblem(schema);
  return problem === undefined ? [] : [`${where}: ${problem}`];
}

function isSchema(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && "_zod" in value;
}

/**
 * Reads the tables of `service()` that are plain data, `resources` and `traffic`, and says what is wrong in the words of
 * their fields, not in zod's.
 *
 * @module
 */
import * as z from "zod";
import { BentoError } from "./bento-error.ts";
import { unknownKeys } from "./option-check.ts";
import { Resources, Traffic } from "./resources.ts";
import { show } from "./show.ts";
import { parseMemory } from "./units.ts";

/** What each field takes. A test holds that every field is here. */
const EXPECTED: ReadonlyMap<string, string> = new Map([
  ["resources.cpu", "a number of vCPUs above 0, e.g. 2 or 0.5"],
  ["resources.memory", "an amount of memory with its unit, e.g. 512Mi or 1Gi"],
  ["resources.gpu", "a whole number of GPUs from 0"],
  ["resources.gpuType", "the kind of GPU, e.g. nvidia-l4"],
  ["traffic.timeoutMs", "milliseconds above 0"],
  ["traffic.maxConcurrency", "a whole number of requests from 1"],
  ["traffic.concurrency", "a whole number of requests from 1"],
]);

const TABLES = { resources: Resources, traffic: Traffic } as const;

/** @returns a line for each problem of the tables among a service's options */
export function checkTables(options: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(TABLES).flatMap(([key, schema]) =>
    options[key] === undefined ? [] : checkTable(key, schema, options[key]),
  );
}

function checkTable(name: string, schema: z.ZodObject, value: unknown): string[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return [`${name}: expected an object, e.g. ${example(name)}, got ${show(value)}`];
  }
  const given: Readonly<Record<string, unknown>> = { ...value };
  const known = Object.keys(schema.shape);
  return [
    ...unknownKeys(name, Object.keys(given), known),
    ...known.flatMap((key) => checkField(`${name}.${key}`, schema.shape[key], given[key])),
  ];
}

function checkField(where: string, schema: z.core.$ZodType | undefined, value: unknown): string[] {
  const isRight =
    value === undefined ||
    (schema !== undefined &&
      z.safeParse(schema, value).success &&
      (where !== "resources.memory" || isMemory(value)));
  return isRight
    ? []
    : [`${where}: expected ${EXPECTED.get(where)}, got ${show(value)}${advice(where, value)}`];
}

function isMemory(value: unknown): boolean {
  try {
    return parseMemory(String(value)) > 0;
  } catch (error) {
    if (BentoError.isInstance(error)) {
      return false;
    }
    throw error;
  }
}

/** BentoML takes texts for vCPUs, a bare number of GiB for memory, and parts of a GPU. */
function advice(where: string, value: unknown): string {
  if (where === "resources.cpu" && typeof value === "string") {
    const milli = /^(\d+)m$/.exec(value)?.[1];
    const cpu = milli === undefined ? Number(value) : Number(milli) / 1000;
    return cpu > 0 ? `; write cpu: ${cpu}` : "";
  }
  return where === "resources.memory" && typeof value === "number" && value > 0 && value < 1024
    ? `; write memory: "${value}Gi"`
    : "";
}

function example(name: string): string {
  return name === "resources" ? '{ cpu: 1, memory: "1Gi" }' : "{ timeoutMs: 10_000 }";
}

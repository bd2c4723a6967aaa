/**
 * Reads the tables of `service()` that are plain data, `resources` and `traffic`, and says what is wrong in the words of
 * their fields, not in zod's.
 *
 * @module
 */
import { BentoError } from "./bento-error.ts";
import { unknownKeys } from "./option-check.ts";
import type { Resources, Traffic } from "./resources.ts";
import { show } from "./show.ts";
import { parseMemory } from "./units.ts";

interface Field {
  /** What it takes, in words. */
  readonly expected: string;
  isRight(value: unknown): boolean;
}

const isPositive = (value: unknown) => Number.isFinite(value) && Number(value) > 0;
const wholeFrom = (least: number) => (value: unknown) =>
  Number.isSafeInteger(value) && Number(value) >= least;

const REQUESTS: Field = { expected: "a whole number of requests from 1", isRight: wholeFrom(1) };

/**
 * The same as the schemas of these tables, which a test holds. Those are not made here, as every start of a server checks
 * its service and zod takes 3 ms for them.
 */
const TABLES = {
  resources: {
    cpu: { expected: "a number of vCPUs above 0, e.g. 2 or 0.5", isRight: isPositive },
    memory: {
      expected: "an amount of memory with its unit, e.g. 512Mi or 1Gi",
      isRight: (value) => typeof value === "string" && isMemory(value),
    },
    gpu: { expected: "a whole number of GPUs from 0", isRight: wholeFrom(0) },
    gpuType: {
      expected: "the kind of GPU, e.g. nvidia-l4",
      isRight: (value) => typeof value === "string",
    },
  },
  traffic: {
    timeoutMs: { expected: "milliseconds above 0", isRight: isPositive },
    maxConcurrency: REQUESTS,
    concurrency: REQUESTS,
  },
} as const satisfies {
  readonly resources: Readonly<Record<keyof Resources, Field>>;
  readonly traffic: Readonly<Record<keyof Traffic, Field>>;
};

/** @returns a line for each problem of the tables among a service's options */
export function checkTables(options: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(TABLES).flatMap(([key, fields]) =>
    options[key] === undefined ? [] : checkTable(key, fields, options[key]),
  );
}

function checkTable(
  name: string,
  fields: Readonly<Record<string, Field>>,
  value: unknown,
): string[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return [`${name}: expected an object, e.g. ${example(name)}, got ${show(value)}`];
  }
  const given: Readonly<Record<string, unknown>> = { ...value };
  return [
    ...unknownKeys(name, Object.keys(given), Object.keys(fields)),
    ...Object.entries(fields).flatMap(([key, field]) =>
      checkField(`${name}.${key}`, field, given[key]),
    ),
  ];
}

function checkField(where: string, { expected, isRight }: Field, value: unknown): string[] {
  return value === undefined || isRight(value)
    ? []
    : [`${where}: expected ${expected}, got ${show(value)}${advice(where, value)}`];
}

function isMemory(text: string): boolean {
  try {
    return parseMemory(text) > 0;
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

/**
 * Looks into zod schemas by their structure, never by their classes: a bundled service brings a copy of zod of its own.
 *
 * @module
 */
import type { Schema } from "./endpoint.ts";

/** Schemas that zod cannot run backwards. */
const ONE_WAY = ["transform", "success"];

/** A schema that makes new ones without end is looked into no further. */
const MAX_SCHEMAS = 1000;

/**
 * Why values cannot be written back through this schema, or undefined when they can. Answers are encoded, so that a
 * codec works in both directions; a one-way transform has no way back.
 */
export function encodeProblem(schema: Schema): string | undefined {
  return isOneWay(schema, new Set())
    ? "a one-way transform cannot stand in an answer; use z.codec(…) with a way back, or transform inside run"
    : undefined;
}

function isOneWay(schema: Schema, seen: Set<unknown>): boolean {
  if (seen.has(schema) || seen.size >= MAX_SCHEMAS) {
    return false;
  }
  seen.add(schema);
  const { def } = schema._zod;
  if (ONE_WAY.includes(def.type)) {
    return true;
  }
  // a lazy schema keeps what its getter gave beside the definition
  const parts: unknown[] = Object.values(def);
  if (def.type === "lazy" && "innerType" in schema._zod) {
    parts.push(schema._zod.innerType);
  }
  return parts.some((part) => partIsOneWay(part, seen));
}

/** A part of a definition is a schema, a list or an object of schemas, or plain data. */
function partIsOneWay(part: unknown, seen: Set<unknown>): boolean {
  if (typeof part !== "object" || part === null) {
    return false;
  }
  if (isSchema(part)) {
    return isOneWay(part, seen);
  }
  return Object.values(part).some((item) => isSchema(item) && isOneWay(item, seen));
}

function isSchema(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && "_zod" in value;
}

/**
 * Looks into zod schemas by their structure, never by their classes: a bundled service brings a copy of zod of its own.
 *
 * @module
 */
import type { Schema } from "./endpoint.ts";

/**
 * Why values cannot be written back through this schema, or undefined when they can. Answers are encoded, so that a
 * codec works in both directions; a one-way transform has no way back.
 */
export function encodeProblem(schema: Schema): string | undefined {
  return containsType(schema, "transform", new Set())
    ? "a one-way transform cannot stand in an answer; use z.codec(…) with a way back, or transform inside run"
    : undefined;
}

function containsType(schema: Schema, type: string, seen: Set<unknown>): boolean {
  if (seen.has(schema)) {
    return false;
  }
  seen.add(schema);
  const { def } = schema._zod;
  return def.type === type || Object.values(def).some((part) => partContains(part, type, seen));
}

function partContains(part: unknown, type: string, seen: Set<unknown>): boolean {
  if (typeof part !== "object" || part === null) {
    return false;
  }
  if ("_zod" in part) {
    return containsType(part as Schema, type, seen); // the marker of every zod 4 schema
  }
  return Object.values(part).some(
    (item) =>
      typeof item === "object" &&
      item !== null &&
      "_zod" in item &&
      containsType(item as Schema, type, seen),
  );
}

/**
 * A zod object as rows of a table: key, type, default, what it is.
 *
 * @module
 */
import * as z from "zod";
import { code } from "./markdown.ts";

interface JsonSchema {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly JsonSchema[];
  readonly items?: JsonSchema;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly description?: string;
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
}

export const SCHEMA_HEAD = ["key", "type", "default", "what it is"];

/** Nested objects follow their parent, as `docker.base`. Nothing is listed of maps from names to objects. */
export function schemaRows(schema: z.ZodType): string[][] {
  return rowsOf(z.toJSONSchema(schema, { io: "input" }) as JsonSchema, "");
}

function rowsOf(schema: JsonSchema, prefix: string): string[][] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, value]) => [
    [code(prefix + key), typeText(value), defaultText(value), value.description ?? ""],
    ...rowsOf(value, `${prefix}${key}.`),
  ]);
}

function typeText(schema: JsonSchema): string {
  const choices = choicesOf(schema);
  if (choices !== undefined) {
    return choices.map((choice) => code(String(choice))).join(", ");
  }
  if (schema.type === "array") {
    return `list of ${plural(schema.items)}`;
  }
  if (schema.type === "object") {
    const values = schema.additionalProperties;
    return schema.properties === undefined && typeof values === "object"
      ? `map of names to ${plural(values)}`
      : "keys and values";
  }
  const words: Readonly<Record<string, string>> = { string: "text", integer: "whole number" };
  return `${words[schema.type ?? ""] ?? schema.type ?? "any"}${rangeText(schema)}`;
}

function choicesOf({
  enum: choices,
  const: only,
  anyOf,
}: JsonSchema): readonly unknown[] | undefined {
  if (choices !== undefined) {
    return choices;
  }
  return only === undefined ? anyOf?.flatMap((one) => choicesOf(one) ?? []) : [only];
}

function plural(schema: JsonSchema | undefined): string {
  return schema?.type === "string" ? "texts" : "keys and values";
}

function rangeText({ minimum, maximum }: JsonSchema): string {
  const isLimit = (value: number | undefined) =>
    value !== undefined && Math.abs(value) < Number.MAX_SAFE_INTEGER;
  return isLimit(minimum) && isLimit(maximum) ? `, ${minimum} to ${maximum}` : "";
}

function defaultText({ default: value }: JsonSchema): string {
  const isEmpty = typeof value === "object" && value !== null && Object.keys(value).length === 0;
  return value === undefined || isEmpty ? "" : code(String(value));
}

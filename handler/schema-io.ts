/**
 * Reads and writes values by a user's schemas. A bundled service carries a copy of zod of its own, or zod/mini, so that
 * only zod's top-level functions are used, never methods of a schema.
 *
 * @module
 */
import * as z from "zod";
import type { Schema } from "../core/endpoint.ts";

export type Parsed<T> =
  | { readonly success: true; readonly data: T }
  | { readonly success: false; readonly issues: readonly z.core.$ZodIssue[] };

/** From the wire to what `run` takes. */
export async function decodeValue(schema: Schema, value: unknown): Promise<Parsed<unknown>> {
  return settle(
    () => z.safeParse(schema, value),
    () => z.safeParseAsync(schema, value),
  );
}

/** From what `run` gives to the wire. */
export async function encodeValue(schema: Schema, value: unknown): Promise<Parsed<unknown>> {
  return settle(
    () => z.safeEncode(schema, value),
    () => z.safeEncodeAsync(schema, value),
  );
}

type ZodResult = z.ZodSafeParseResult<unknown>;

async function settle(
  atOnce: () => ZodResult,
  later: () => Promise<ZodResult>,
): Promise<Parsed<unknown>> {
  let result: ZodResult;
  try {
    result = atOnce();
  } catch {
    // a schema with asynchronous checks cannot be read at once; any other error comes again
    result = await later();
  }
  return result.success
    ? { success: true, data: result.data }
    : { success: false, issues: result.error.issues };
}

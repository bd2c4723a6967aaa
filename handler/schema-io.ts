/**
 * Reads and writes values by a user's schemas, at once where they have no asynchronous checks. A bundled service carries a
 * copy of zod of its own, or zod/mini, so that only zod's top-level functions are used, never methods of a schema.
 *
 * @module
 */
import * as z from "zod";
import type { Schema } from "../core/endpoint.ts";

export type Parsed<T> =
  | { readonly success: true; readonly data: T }
  | { readonly success: false; readonly issues: readonly z.core.$ZodIssue[] };

type MaybePromise<T> = T | Promise<T>;

/** From the wire to what `run` takes. */
export function decodeValue(schema: Schema, value: unknown): MaybePromise<Parsed<unknown>> {
  let result: ZodResult;
  try {
    result = z.safeParse(schema, value);
  } catch {
    // a schema with asynchronous checks cannot be read at once; any other error comes again
    return z.safeParseAsync(schema, value).then(settled);
  }
  return settled(result);
}

/** From what `run` gives to the wire. */
export function encodeValue(schema: Schema, value: unknown): MaybePromise<Parsed<unknown>> {
  let result: ZodResult;
  try {
    result = z.safeEncode(schema, value);
  } catch {
    return z.safeEncodeAsync(schema, value).then(settled);
  }
  return settled(result);
}

type ZodResult = z.ZodSafeParseResult<unknown>;

function settled(result: ZodResult): Parsed<unknown> {
  return result.success
    ? { success: true, data: result.data }
    : { success: false, issues: result.error.issues };
}

/**
 * Reads the JSON documents of a store: each is parsed by its schema, and a damaged one is named by its key.
 *
 * @module
 */
import * as z from "zod";
import { BentoError } from "../core/bento-error.ts";
import type { Driver, WaitOptions } from "./driver.ts";

export interface ReadDocument<Schema extends z.ZodType> extends WaitOptions {
  readonly driver: Driver;
  /** Must exist. */
  readonly key: string;
  readonly schema: Schema;
}

/**
 * Reads a JSON document that a listing has named.
 *
 * @throws BentoError BENTO_INTEGRITY when it is gone or is not what a store writes
 */
export async function readDocument<Schema extends z.ZodType>({
  driver,
  key,
  schema,
  signal,
}: ReadDocument<Schema>): Promise<z.output<Schema>> {
  const bytes = await driver.get(key, { signal });
  const value = bytes === undefined ? undefined : parseJson(bytes);
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    const why =
      bytes === undefined
        ? "it is gone"
        : value === undefined
          ? "it is no JSON"
          : z.prettifyError(parsed.error);
    throw new BentoError("BENTO_INTEGRITY", `the store holds a damaged document: ${why}`, {
      where: `${driver.url} ${key}`,
      hint: "restore that file from a backup, or delete what it belongs to and register it again",
    });
  }
  return parsed.data;
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}

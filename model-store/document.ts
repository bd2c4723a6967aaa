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
  readonly key: string;
  readonly schema: Schema;
}

/**
 * Reads a JSON document that a listing has named.
 *
 * @throws BentoError BENTO_INTEGRITY when it is gone or is not what a store writes
 */
export async function readDocument<Schema extends z.ZodType>(
  read: ReadDocument<Schema>,
): Promise<z.output<Schema>> {
  const found = await findDocument(read);
  if (found === undefined) {
    throw damaged(read, "it is gone");
  }
  return found;
}

/**
 * Reads a JSON document, undefined when there is none.
 *
 * @throws BentoError BENTO_INTEGRITY when it is not what a store writes
 */
export async function findDocument<Schema extends z.ZodType>(
  read: ReadDocument<Schema>,
): Promise<z.output<Schema> | undefined> {
  const { driver, key, schema, signal } = read;
  const bytes = await driver.get(key, { signal });
  if (bytes === undefined) {
    return undefined;
  }
  const value = parseJson(bytes);
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    throw damaged(read, value === undefined ? "it is no JSON" : z.prettifyError(parsed.error));
  }
  return parsed.data;
}

function damaged<Schema extends z.ZodType>(
  { driver, key }: ReadDocument<Schema>,
  why: string,
): BentoError {
  return new BentoError("BENTO_INTEGRITY", `the store holds a damaged document: ${why}`, {
    where: `${driver.url} ${key}`,
    hint: "restore that file from a backup, or delete what it belongs to and register it again",
  });
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}

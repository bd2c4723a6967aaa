/**
 * The name of a request in headers and logs: the caller's own where it is harmless there, else a new one.
 *
 * @module
 */
import { randomUUID } from "node:crypto";

/** What stands in a header and a log line without quoting: 1–128 of letters, digits and `. _ : ~ / + = @ -`. */
const SANE = /^[A-Za-z0-9._:~/+=@-]{1,128}$/;

/** @param given - the caller's X-Request-Id */
export function chooseRequestId(given: string | undefined, create: () => string): string {
  return given !== undefined && SANE.test(given) ? given : create();
}

export function randomRequestId(): string {
  return randomUUID();
}

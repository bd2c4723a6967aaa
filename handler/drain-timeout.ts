/**
 * How long a process that is to end may answer what it has taken. Whoever ends it waits longer than that before it kills.
 *
 * @module
 */
import { BentoError } from "../core/bento-error.ts";

/** Within the 10 s that Cloud Run and docker stop leave. */
const DEFAULT_SECONDS = 9;
const MOST_SECONDS = 3600;

/**
 * @param environment - BENTO_DRAIN_SECONDS, a whole number up to 3600; 0 waits for nothing. @default 9
 * @returns milliseconds
 * @throws BentoError BENTO_INVALID_INPUT when it is no such number
 */
export function drainTimeoutOf(environment: Readonly<Record<string, string | undefined>>): number {
  const text = environment["BENTO_DRAIN_SECONDS"] || String(DEFAULT_SECONDS);
  const seconds = Number(text);
  if (!/^\d+$/.test(text) || seconds > MOST_SECONDS) {
    throw new BentoError("BENTO_INVALID_INPUT", `not a time to drain: ${JSON.stringify(text)}`, {
      where: "BENTO_DRAIN_SECONDS",
      hint: `set it to a whole number of seconds from 0 to ${MOST_SECONDS}`,
    });
  }
  return seconds * 1000;
}

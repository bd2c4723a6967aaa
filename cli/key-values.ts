/**
 * Options that are given many times as `key=value`.
 *
 * @module
 */
import { BentoError } from "../core/bento-error.ts";

/** Collects a repeated option. */
export function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}

/**
 * Reads `key=value` pairs; a value may hold further `=`.
 *
 * @param flag - as typed, for messages
 * @param pairs - as typed after it
 * @param example - a pair that would do
 * @throws BentoError BENTO_USAGE when one has no `=`, or a key comes twice
 */
export function parseKeyValues(
  flag: string,
  pairs: readonly string[] = [],
  example = "stage=dev",
): Record<string, string> {
  const values = new Map<string, string>();
  for (const pair of pairs) {
    const at = pair.indexOf("=");
    if (at < 1) {
      throw new BentoError(
        "BENTO_USAGE",
        `expected ${flag} key=value, got ${JSON.stringify(pair)}`,
        {
          hint: `write it as ${flag} ${example}`,
        },
      );
    }
    const key = pair.slice(0, at);
    if (values.has(key)) {
      throw new BentoError("BENTO_USAGE", `${flag} ${key}=… is given twice`, {
        hint: "leave one of them out",
      });
    }
    values.set(key, pair.slice(at + 1));
  }
  return Object.fromEntries(values);
}

/** A value as typed on a command line: JSON where it is one (numbers, booleans, lists), else the text. */
export function parseLooseValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

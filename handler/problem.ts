/**
 * What is wrong with one place of a value, for people: a path as JavaScript would write it, and a sentence.
 *
 * @module
 */
import type * as z from "zod";
import { nearest } from "../core/nearest.ts";

export interface Problem {
  /** `features[3].petal_width`; empty for the whole value. */
  readonly path: string;
  readonly message: string;
}

type Path = readonly PropertyKey[];

/** @param knownKeys - keys that the value itself may have, for "did you mean" */
export function problemsOf(
  issues: readonly z.core.$ZodIssue[],
  knownKeys: readonly string[] = [],
): Problem[] {
  return issues.flatMap((issue) => {
    if (issue.code === "unrecognized_keys") {
      return issue.keys.map((key) => unknownKey(issue.path, key, knownKeys));
    }
    return [{ path: formatPath(issue.path), message: plainWords(issue.message) }];
  });
}

/** Writes `["features", 3, "petal_width"]` as `features[3].petal_width`. */
export function formatPath(path: Path): string {
  return path
    .map((part, index) => {
      if (typeof part === "number") {
        return `[${part}]`;
      }
      const text = String(part);
      if (!/^[A-Za-z_$][A-Za-z0-9_$]*$/.test(text)) {
        return `[${JSON.stringify(text)}]`;
      }
      return index === 0 ? text : `.${text}`;
    })
    .join("");
}

function unknownKey(path: Path, key: string, knownKeys: readonly string[]): Problem {
  const near = path.length === 0 ? nearest(key, knownKeys) : undefined;
  const advice = near === undefined ? "" : `; did you mean ${near}?`;
  return { path: formatPath([...path, key]), message: `unknown key${advice}` };
}

/** zod's sentences without their common start; a value that is not there is said to be missing. */
function plainWords(message: string): string {
  const plain = message
    .replace(/^Invalid input: /, "")
    .replace(/^expected (.+), received undefined$/, "missing; expected $1");
  return plain.charAt(0).toLowerCase() + plain.slice(1);
}

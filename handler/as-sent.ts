/**
 * Whole numbers beyond 2^53 in what callers are told: as they were sent, not as `JSON.parse` rounds them. Works on errors
 * alone, from the text that was read.
 *
 * @module
 */
import { HttpError } from "./http-error.ts";
import { formatPath } from "./problem.ts";

/** Longer texts are not read a second time. */
const MOST_LETTERS = 1_000_000;

/** The number that ends a message. */
const GOT = /(?<=\bgot )-?\d[\d.]*(?:e\+\d+)?$/;

/**
 * @param text - the JSON that the problems of the error are in, as their paths say
 * @returns the same error, or one like it whose problems show the numbers as sent
 */
export function asSent(error: unknown, text: string): unknown {
  if (!(error instanceof HttpError) || !Array.isArray(error.detail) || text.length > MOST_LETTERS) {
    return error;
  }
  if (!error.detail.some((problem) => isProblem(problem) && isRounded(problem.message))) {
    return error;
  }
  const sources = roundedNumbers(text);
  const detail = error.detail.map((problem: unknown) => {
    const source = isProblem(problem) ? sources.get(problem.path) : undefined;
    return isProblem(problem) && source !== undefined
      ? { ...problem, message: problem.message.replace(GOT, source) }
      : problem;
  });
  return new HttpError(error.status, error.message, { detail, headers: { ...error.headers } });
}

interface Problem {
  readonly path: string;
  readonly message: string;
}

function isProblem(value: unknown): value is Problem {
  return (
    typeof value === "object" &&
    value !== null &&
    "path" in value &&
    "message" in value &&
    typeof value.path === "string" &&
    typeof value.message === "string"
  );
}

function isRounded(message: string): boolean {
  const [got] = GOT.exec(message) ?? [];
  return got !== undefined && Math.abs(Number(got)) > Number.MAX_SAFE_INTEGER;
}

/** A number in a text that was parsed, as it stands there. */
class Source {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** The whole numbers of a text that no JavaScript number is sure to hold, by their paths. */
function roundedNumbers(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const walk = (value: unknown, path: readonly PropertyKey[]): void => {
    if (value instanceof Source) {
      found.set(formatPath(path), value.text);
    } else if (Array.isArray(value)) {
      for (const [index, item] of value.entries()) {
        walk(item, [...path, index]);
      }
    } else if (typeof value === "object" && value !== null) {
      for (const [key, item] of Object.entries(value)) {
        walk(item, [...path, key]);
      }
    }
  };
  walk(JSON.parse(text, keepSource), []);
  return found;
}

function keepSource(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  const source = context?.source;
  return typeof value === "number" && !Number.isSafeInteger(value) && /^-?\d+$/.test(source ?? "")
    ? new Source(source ?? "")
    : value;
}

/**
 * One request to an api, and the two ends of it that all kinds share: input read by schemas, output written by schemas.
 *
 * @module
 */
import { BentoError } from "../core/bento-error.ts";
import type { Log, Schema } from "../core/endpoint.ts";
import type { CallCancellation } from "./cancellation.ts";
import { HttpError } from "./http-error.ts";
import { type Problem, problemsOf } from "./problem.ts";
import { decodeValue, encodeValue, type Parsed } from "./schema-io.ts";

export interface Call {
  /** The request's JSON, unchecked. */
  readonly body: unknown;
  readonly requestId: string;
  /** When the process got it, by the clock. */
  readonly arrivedAt: number;
  /** Longest that the answer may take from then, in milliseconds. @default as long as the service lets it */
  readonly timeLeftMs?: number | undefined;
  readonly headers: Headers;
  /** When the caller has gone or the time is up. */
  readonly cancellation: CallCancellation;
  /** Carries the request id. */
  readonly log: Log;
}

/** Answers calls to one api with what goes on the wire. */
export type Endpoint = (call: Call) => Promise<unknown>;

/** Most problems that one answer lists. */
const MAX_PROBLEMS = 1000;

/**
 * @param schema - of the whole body
 * @param keys - that the body may have
 * @throws HttpError 400 with every problem and its path
 */
export async function readInput(
  schema: Schema,
  keys: readonly string[],
  body: unknown,
): Promise<Readonly<Record<string, unknown>>> {
  const decoded = decodeValue(schema, body);
  const parsed = decoded instanceof Promise ? await decoded : decoded;
  if (!parsed.success) {
    throw invalidInput(problemsOf(parsed.issues, keys));
  }
  return parsed.data as Readonly<Record<string, unknown>>; // the schema is of an object
}

/** The 400 for problems of a body. */
export function invalidInput(problems: readonly Problem[]): HttpError {
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  return new HttpError(400, `invalid input: ${count}`, { detail: problems.slice(0, MAX_PROBLEMS) });
}

/**
 * At once where the schema allows it.
 *
 * @param where - the schema's place in the service, e.g. `apis.classify.output`
 * @throws BentoError BENTO_INVALID_SERVICE when the value is not of the schema
 */
export function writeOutput(
  schema: Schema,
  value: unknown,
  where: string,
): unknown | Promise<unknown> {
  const encoded = encodeValue(schema, value);
  return encoded instanceof Promise
    ? encoded.then((settled) => unwrap(settled, where))
    : unwrap(encoded, where);
}

function unwrap(encoded: Parsed<unknown>, where: string): unknown {
  if (encoded.success) {
    return encoded.data;
  }
  const lines = problemsOf(encoded.issues).map(({ path, message }) =>
    path === "" ? message : `${path}: ${message}`,
  );
  throw new BentoError("BENTO_INVALID_SERVICE", `run gave a wrong output\n${lines.join("\n")}`, {
    where,
    hint: "give what the schema declares, or widen the schema",
  });
}

/**
 * Errors on their way to a caller: always a JSON object `{error, detail?}`, and nothing of the inside in what was not meant
 * for the caller.
 *
 * @module
 */
import { ApiError } from "../core/api-error.ts";
import { BentoError } from "../core/bento-error.ts";
import type { Refused } from "./gate.ts";
import { overloadMessage, retryAfterOf } from "./overload.ts";
import { respond } from "./port/light-response.ts";

/** A status that this server sends of its own accord. */
export class HttpError extends Error {
  readonly status: number;
  readonly detail: unknown;
  readonly headers: Readonly<Record<string, string>>;

  /** @param message - sent as `error` */
  constructor(
    status: number,
    message: string,
    options: { readonly detail?: unknown; readonly headers?: Record<string, string> } = {},
  ) {
    super(message);
    this.name = "HttpError";
    this.status = status;
    this.detail = options.detail;
    this.headers = options.headers ?? {};
  }
}

/** What is sent, before it is a `Response`. */
export interface ErrorAnswer {
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** The answer to a caller whose request ended in an error. */
export function errorAnswer(error: unknown): ErrorAnswer {
  if (error instanceof HttpError) {
    return answerOf(error.status, error.message, error.detail, error.headers);
  }
  if (ApiError.isInstance(error)) {
    return answerOf(error.status, error.message, error.detail);
  }
  if (BentoError.isInstance(error) && error.code === "BENTO_OVERLOADED") {
    return answerOf(503, error.message, undefined, retryAfter(retryAfterOf(error)));
  }
  if (BentoError.isInstance(error) && error.code === "BENTO_INVALID_INPUT") {
    return answerOf(400, error.message);
  }
  return answerOf(500, "internal error");
}

/** {@link errorAnswer} of the error that a refusal becomes, without the error. */
export function overloadAnswer(refused: Refused): ErrorAnswer {
  return answerOf(503, overloadMessage(refused), undefined, retryAfter(refused.retryAfterMs));
}

/** {@link errorAnswer} as a response. */
export function errorResponse(error: unknown): Response {
  const { status, body, headers } = errorAnswer(error);
  return respond(status, body, headers);
}

/** True when the caller is told nothing but "internal error", so that the log has to tell. */
export function isInternal(error: unknown): boolean {
  return !ApiError.isInstance(error) && errorAnswer(error).status === 500;
}

/**
 * When to come again, in whole seconds for everyone and in milliseconds for those who know us.
 */
export function retryAfter(delayMs: number): Record<string, string> {
  return {
    "retry-after": String(Math.max(1, Math.ceil(delayMs / 1000))),
    "retry-after-ms": String(Math.max(1, Math.ceil(delayMs))),
  };
}

/** A detail that JSON cannot hold is left out, so that the caller has its error all the same. */
function isJson(detail: unknown): boolean {
  try {
    return JSON.stringify(detail) !== undefined;
  } catch {
    return false;
  }
}

function answerOf(
  status: number,
  error: string,
  detail?: unknown,
  headers: Readonly<Record<string, string>> = {},
): ErrorAnswer {
  const body = JSON.stringify({ error, ...(isJson(detail) ? { detail } : {}) });
  return { status, body, headers: { "content-type": "application/json", ...headers } };
}

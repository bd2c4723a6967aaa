/**
 * A service's answer that is an error, with all that it said.
 *
 * @module
 */

const MARK = Symbol.for("bentokit.BentoClientError");

export interface ClientErrorOptions {
  readonly detail?: unknown;
  readonly requestId?: string | undefined;
  readonly retryAfterMs?: number | undefined;
}

export class BentoClientError extends Error {
  /** HTTP status of the answer. */
  readonly status: number;
  /** What the service said, e.g. `invalid input: 1 problem`. */
  readonly error: string;
  /** More of it, e.g. a list of problems with their paths. */
  readonly detail: unknown;
  /** Names the request in the service's logs; undefined when something before the service answered. */
  readonly requestId: string | undefined;
  /** When to come again, in milliseconds; undefined when the answer does not say. */
  readonly retryAfterMs: number | undefined;
  readonly [MARK] = true;

  constructor(status: number, error: string, options: ClientErrorOptions = {}) {
    super(`${status}: ${error}`);
    this.name = "BentoClientError";
    this.status = status;
    this.error = error;
    this.detail = options.detail;
    this.requestId = options.requestId;
    this.retryAfterMs = options.retryAfterMs;
  }

  /** True for errors from any copy of this module. */
  static isInstance(value: unknown): value is BentoClientError {
    return typeof value === "object" && value !== null && MARK in value;
  }
}

/** Reads the error out of an answer, whoever gave it. */
export async function errorFromResponse(response: Response): Promise<BentoClientError> {
  const body: unknown = await response.json().catch(() => undefined);
  const known = typeof body === "object" && body !== null ? body : {};
  const error =
    "error" in known && typeof known.error === "string"
      ? known.error
      : response.statusText || "no reason given";
  return new BentoClientError(response.status, error, {
    detail: "detail" in known ? known.detail : undefined,
    requestId: response.headers.get("x-request-id") ?? undefined,
    retryAfterMs: retryAfterOf(response.headers),
  });
}

/** Our own header in milliseconds, else the standard one in seconds; its form with a date is not read. */
function retryAfterOf(headers: Headers): number | undefined {
  const ours = Number(headers.get("retry-after-ms") ?? Number.NaN);
  const seconds = Number(headers.get("retry-after") ?? Number.NaN);
  const delayMs = Number.isFinite(ours) ? ours : seconds * 1000;
  return Number.isFinite(delayMs) ? delayMs : undefined;
}

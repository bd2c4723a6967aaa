/**
 * The one error that this project throws on purpose. A code is for programs and docs, the rest is for the person who
 * reads it; codes are never renamed or reused, and docs/errors.md has a heading for each.
 *
 * @module
 */

/** What each code turns into at the two edges: a process exit code and an HTTP status. */
export const ERROR_CODES = {
  BENTO_BUG: { exit: 1, status: 500, title: "a defect in bentokit" },
  BENTO_USAGE: { exit: 2, status: 400, title: "a command line that cannot be read" },
  BENTO_INVALID_INPUT: { exit: 2, status: 400, title: "input that breaks a rule" },
  BENTO_INVALID_CONFIG: { exit: 2, status: 500, title: "a bentofile.yaml that cannot be used" },
  BENTO_INVALID_SERVICE: { exit: 2, status: 500, title: "a service.ts that cannot be used" },
  BENTO_INVALID_MODEL: { exit: 2, status: 500, title: "a file that is not a loadable model" },
  BENTO_MISSING_PEER: { exit: 2, status: 500, title: "a platform's library that is not installed" },
  BENTO_UNSUPPORTED: { exit: 2, status: 501, title: "something that a platform cannot do" },
  BENTO_NOT_FOUND: { exit: 3, status: 404, title: "a name that nothing has" },
  BENTO_CONFLICT: { exit: 4, status: 409, title: "the same version with other content" },
  BENTO_STALE_PLAN: { exit: 4, status: 409, title: "a plan made before something changed" },
  BENTO_IO: { exit: 5, status: 500, title: "a disk, port or process that refused" },
  BENTO_UNREACHABLE: { exit: 5, status: 502, title: "a registry or network that did not answer" },
  BENTO_PLATFORM: { exit: 5, status: 502, title: "a platform that refused" },
  BENTO_OVERLOADED: { exit: 5, status: 503, title: "more work than the latency limit allows" },
  BENTO_UNHEALTHY: { exit: 6, status: 503, title: "a deployment that failed its checks" },
  BENTO_REFUSED: { exit: 7, status: 403, title: "a check that said no" },
  BENTO_INTEGRITY: { exit: 7, status: 500, title: "bytes that do not match their digest" },
  BENTO_ROLLBACK_FAILED: { exit: 8, status: 500, title: "a roll back that did not succeed" },
  BENTO_INTERRUPTED: { exit: 130, status: 499, title: "stopped by the user" },
} as const satisfies Record<string, { exit: number; status: number; title: string }>;

export type ErrorCode = keyof typeof ERROR_CODES;

export interface BentoErrorOptions {
  /** The place: a file with line and column, a flag, a key. */
  readonly where?: string | undefined;
  /** What to type or edit next. */
  readonly hint?: string | undefined;
  /** What was caught. */
  readonly cause?: unknown;
}

const MARK = Symbol.for("bentokit.BentoError");

export class BentoError extends Error {
  readonly code: ErrorCode;
  readonly where: string | undefined;
  readonly hint: string | undefined;
  readonly [MARK] = true;

  /**
   * @param code - one of docs/errors.md
   * @param message - what is wrong, with the value; lower case, no final period; several problems stand on lines of their own
   */
  constructor(code: ErrorCode, message: string, options: BentoErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "BentoError";
    this.code = code;
    this.where = options.where;
    this.hint = options.hint;
  }

  get exitCode(): number {
    return ERROR_CODES[this.code].exit;
  }

  get status(): number {
    return ERROR_CODES[this.code].status;
  }

  /** True for our errors from any copy of this module: a bundled service carries a copy of its own. */
  static isInstance(value: unknown): value is BentoError {
    return typeof value === "object" && value !== null && MARK in value;
  }
}

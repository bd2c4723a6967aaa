/**
 * The error that a user's `run` throws to choose the HTTP answer. It is sent as is; anything else that is thrown
 * becomes a 500 that says nothing of the inside.
 *
 * @module
 */
const MARK = Symbol.for("bentokit.ApiError");

/** A row of a batch may return one in the row's place: that caller alone gets it. */
export class ApiError extends Error {
  readonly status: number;
  readonly detail: unknown;
  readonly [MARK] = true;

  /**
   * @param status - an HTTP status from 400 to 599
   * @param message - sent to the caller as `error`
   * @param detail - sent to the caller as `detail`; JSON
   * @throws RangeError when the status is not an error status
   */
  constructor(status: number, message: string, detail?: unknown) {
    if (!Number.isInteger(status) || status < 400 || status > 599) {
      throw new RangeError(`expected an HTTP error status from 400 to 599, got ${status}`);
    }
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.detail = detail;
  }

  /** True for an ApiError from any copy of this module. */
  static isInstance(value: unknown): value is ApiError {
    return typeof value === "object" && value !== null && MARK in value;
  }
}

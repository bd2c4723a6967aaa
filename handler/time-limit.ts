/**
 * Gives work a signal that is aborted when the caller has gone or the time is up, and stops waiting for it then.
 *
 * @module
 */
import { HttpError } from "./http-error.ts";

export interface TimeLimitOptions {
  /** In milliseconds. */
  readonly timeoutMs: number;
  /** Aborted when the caller has gone. */
  readonly callerSignal: AbortSignal;
}

/**
 * @throws HttpError 504 when the time is up, 499 when the caller has gone
 */
export async function withTimeLimit<T>(
  options: TimeLimitOptions,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { timeoutMs, callerSignal } = options;
  const controller = new AbortController();
  const stopped = Promise.withResolvers<never>();
  const stop = (error: HttpError) => {
    stopped.reject(error);
    controller.abort(error);
  };
  const leave = () => stop(new HttpError(499, "the caller has gone"));
  if (callerSignal.aborted) {
    throw new HttpError(499, "the caller has gone");
  }
  callerSignal.addEventListener("abort", leave, { once: true });
  const timer = setTimeout(
    () => stop(new HttpError(504, `no answer within ${timeoutMs} ms`)),
    timeoutMs,
  );
  const working = work(controller.signal);
  try {
    return await Promise.race([working, stopped.promise]);
  } finally {
    clearTimeout(timer);
    callerSignal.removeEventListener("abort", leave);
    working.catch(() => {}); // when no longer waited for, its failure is nobody's
  }
}

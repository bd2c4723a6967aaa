/**
 * Gives work a cancellation that comes when the caller has gone or the time is up, and stops waiting for it then.
 *
 * @module
 */

import type { Caller } from "./caller.ts";
import { CallCancellation } from "./cancellation.ts";
import { HttpError } from "./http-error.ts";

export interface TimeLimitOptions {
  /** In milliseconds. */
  readonly timeoutMs: number;
  readonly caller: Caller;
}

/**
 * @throws HttpError 504 when the time is up, 499 when the caller has gone
 */
export function withTimeLimit<T>(
  { timeoutMs, caller }: TimeLimitOptions,
  work: (cancellation: CallCancellation) => Promise<T>,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    if (caller.hasGone) {
      reject(new HttpError(499, "the caller has gone"));
      return;
    }
    const cancellation = new CallCancellation();
    // Node keeps timers of one duration in one list, so that each costs an append
    const timer = setTimeout(
      () => stop(new HttpError(504, `no answer within ${timeoutMs} ms`)),
      timeoutMs,
    );
    const forget = caller.onGone(() => stop(new HttpError(499, "the caller has gone")));
    const end = () => {
      clearTimeout(timer);
      forget();
    };
    const stop = (error: HttpError) => {
      end();
      reject(error); // before those who hear of it, whose own errors are nobody's then
      cancellation.cancel(error);
    };
    work(cancellation).then(
      (value) => {
        end();
        resolve(value);
      },
      (error: unknown) => {
        end();
        reject(error);
      },
    );
  });
}

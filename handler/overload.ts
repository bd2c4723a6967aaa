/**
 * The error for work that is refused on arrival, and when to come again. It is a BentoError like any other, so that it
 * passes through a user's `run` unharmed; the delay is kept beside it.
 *
 * @module
 */
import { BentoError } from "../core/bento-error.ts";

const delays = new WeakMap<object, number>();

/**
 * @param retryAfterMs - when the queue should have room again, in milliseconds
 */
export function overloaded(message: string, retryAfterMs: number): BentoError {
  // an overloaded server makes thousands of these a second, and where one was made tells nothing
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  const error = new BentoError("BENTO_OVERLOADED", message, {
    hint: "send it again later, or give the service more instances",
  });
  Error.stackTraceLimit = stackTraceLimit;
  delays.set(error, retryAfterMs);
  return error;
}

/**
 * When to come again, in milliseconds.
 *
 * @default 1000 for errors that were not made by {@link overloaded}
 */
export function retryAfterOf(error: object): number {
  return delays.get(error) ?? 1000;
}

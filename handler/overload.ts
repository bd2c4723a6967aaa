/**
 * The error for work that is refused on arrival, and when to come again. It is a BentoError like any other, so that it
 * passes through a user's `run` unharmed; the delay is kept beside it.
 *
 * @module
 */
import { BentoError } from "../core/bento-error.ts";
import type { Refused } from "./gate.ts";

const delays = new WeakMap<object, number>();

/** @param refused - on whose behalf the error is made */
export function overloaded(refused: Refused): BentoError {
  // an overloaded server makes thousands of these a second, and where one was made tells nothing
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  const error = new BentoError("BENTO_OVERLOADED", overloadMessage(refused), {
    hint: "send it again later, or give the service more instances",
  });
  Error.stackTraceLimit = stackTraceLimit;
  delays.set(error, refused.retryAfterMs);
  return error;
}

/** What a caller is told that is turned away, whether or not its rows have been read. */
export function overloadMessage({ reason, subject }: Pick<Refused, "reason" | "subject">): string {
  switch (reason) {
    case "queue-full":
      return `the queue of ${subject} is full`;
    case "too-late":
      return `${subject} cannot answer within its latency limit`;
    case "expired":
      return `${subject} was slower than expected and cannot answer within its latency limit`;
    case "overtaken":
      return `${subject} has more to do than it can answer within its latency limit`;
  }
}

/**
 * When to come again, in milliseconds.
 *
 * @default 1000 for errors that were not made by {@link overloaded}
 */
export function retryAfterOf(error: object): number {
  return delays.get(error) ?? 1000;
}

/**
 * Whose mistake it is when a model does not take its inputs: the caller's, where what it sent was passed on as it was,
 * or where the value itself is none that a model takes; else that of the service's own code, which callers cannot mend.
 *
 * @module
 */
import { BentoError } from "../core/bento-error.ts";
import type { Tensor } from "../core/tensor.ts";

/** A tensor that was wrong, `data` for values that no code makes up, undefined for what was not given at all. */
export type Fault = Tensor | "data" | undefined;

const FAULTS = new WeakMap<object, readonly Fault[]>();

/** Keeps with an error what was at fault. */
export function withFaults(error: BentoError, faults: readonly Fault[]): BentoError {
  FAULTS.set(error, faults);
  return error;
}

/**
 * What is thrown on of an error that ended `run`: input that the service's own code got wrong is an error of the service.
 *
 * @param given - what the caller sent, as `run` was given it
 * @param where - the api's place in the service, e.g. `apis.classify`
 */
export function blamed(error: unknown, given: Iterable<unknown>, where: string): unknown {
  if (!BentoError.isInstance(error) || error.code !== "BENTO_INVALID_INPUT") {
    return error;
  }
  const values = [...given];
  const faults = FAULTS.get(error) ?? [undefined];
  return faults.every((fault) => isGiven(fault, values))
    ? error
    : new BentoError("BENTO_INVALID_SERVICE", `run failed: ${error.message}`, {
        where,
        hint: error.hint,
        cause: error,
      });
}

/** The same tensor, or another over the same memory. */
function isGiven(fault: Fault, values: readonly unknown[]): boolean {
  if (fault === undefined || fault === "data") {
    return fault === "data";
  }
  return values.some(
    (value) =>
      typeof value === "object" &&
      value !== null &&
      (value === fault || ("data" in value && value.data === fault.data)),
  );
}

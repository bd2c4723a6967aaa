/**
 * The error that work ends with, as plain data, so that tests compare all of its words.
 *
 * @module
 */
import { BentoError, type ErrorCode } from "../../core/bento-error.ts";

export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly where?: string;
  readonly hint?: string;
}

/**
 * @param work - has to fail with a BentoError; anything else is thrown on
 */
export async function failureOf(work: () => unknown): Promise<Failure> {
  try {
    await work();
  } catch (error) {
    if (BentoError.isInstance(error)) {
      const { code, message, where, hint } = error;
      return {
        code,
        message,
        ...(where === undefined ? {} : { where }),
        ...(hint === undefined ? {} : { hint }),
      };
    }
    throw error;
  }
  throw new Error("expected a BentoError, got an answer");
}

/**
 * What a call throws, as a plain value, so that a test compares the whole of it.
 *
 * @module
 */
import { BentoError, type ErrorCode } from "../../core/bento-error.ts";

export interface Caught {
  readonly code: ErrorCode;
  readonly message: string;
  readonly where?: string;
  readonly hint?: string;
}

/** The BentoError that `act` throws; undefined when it throws none. Anything else is thrown on. */
export function caught(act: () => unknown): Caught | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    return plainError(error);
  }
}

function plainError(error: unknown): Caught {
  if (!BentoError.isInstance(error)) {
    throw error;
  }
  const { code, message, where, hint } = error;
  return {
    code,
    message,
    ...(where === undefined ? {} : { where }),
    ...(hint === undefined ? {} : { hint }),
  };
}

/**
 * Errors on their way out of a command: three lines for people, one JSON document for programs.
 *
 * @module
 */
import type { BentoError } from "../core/bento-error.ts";
import { formatError } from "../core/format-error.ts";
import type { CliContext } from "./context.ts";

/** Writes the error and returns its exit code. With `isJson` it is one JSON document, on stderr like all talk. */
export function reportError(error: BentoError, context: CliContext, isJson: boolean): number {
  if (isJson) {
    const { code, message, where, hint } = error;
    context.err(`${JSON.stringify({ error: { code, message, where, hint } })}\n`);
    return error.exitCode;
  }
  context.err(formatError(error, context.hasColour));
  return error.exitCode;
}

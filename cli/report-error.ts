/**
 * An error as a person at a terminal needs it: what is wrong, where, what to do next.
 *
 * @module
 */
import type { BentoError } from "../core/bento-error.ts";
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

/** Three parts, each left out when there is nothing to say; further problems stand below the first. */
export function formatError(error: BentoError, hasColour: boolean): string {
  const [first = "", ...more] = error.message.split("\n");
  const head = hasColour ? "\u001b[31merror:\u001b[0m" : "error:";
  const lines = [`${head} ${first}`, ...more.map((line) => `       ${line}`)];
  if (error.where !== undefined) {
    lines.push(`  at: ${error.where}`);
  }
  if (error.hint !== undefined) {
    lines.push(`  do: ${error.hint}`);
  }
  return `${lines.join("\n")}\n`;
}

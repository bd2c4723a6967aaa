/**
 * An error as a person needs it who looks at the output of a process that did not start.
 *
 * @module
 */
import { BentoError } from "../core/bento-error.ts";

/** What is wrong, where, what to do next; further problems stand below the first. Anything but a BentoError: its stack. */
export function formatError(error: unknown): string {
  if (!BentoError.isInstance(error)) {
    return `error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`;
  }
  const [first = "", ...more] = error.message.split("\n");
  const lines = [`error: ${first}`, ...more.map((line) => `       ${line}`)];
  if (error.where !== undefined) {
    lines.push(`  at: ${error.where}`);
  }
  if (error.hint !== undefined) {
    lines.push(`  do: ${error.hint}`);
  }
  return `${lines.join("\n")}\n`;
}

/**
 * An error as a person needs it: what is wrong, where, what to do next.
 *
 * @module
 */
import { BentoError } from "./bento-error.ts";

/**
 * Three parts, each left out when there is nothing to say; further problems stand below the first. Anything but a
 * BentoError is shown with its stack.
 *
 * @param hasColour - whether the first word may be red. @default false
 */
export function formatError(error: unknown, hasColour = false): string {
  const head = hasColour ? "\u001b[31merror:\u001b[0m" : "error:";
  if (!BentoError.isInstance(error)) {
    return `${head} ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`;
  }
  const [first = "", ...more] = error.message.split("\n");
  const lines = [`${head} ${first}`, ...more.map((line) => `       ${line}`)];
  if (error.where !== undefined) {
    lines.push(`  at: ${error.where}`);
  }
  if (error.hint !== undefined) {
    lines.push(`  do: ${error.hint}`);
  }
  return `${lines.join("\n")}\n`;
}

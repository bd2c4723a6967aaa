/**
 * Shares of traffic as they are typed.
 *
 * @module
 */
import { BentoError } from "../core/bento-error.ts";

/** @throws BentoError BENTO_USAGE for what is no number */
export function readPercent(flag: string, text: string): number {
  if (!/^\d+(\.\d+)?%?$/.test(text)) {
    throw new BentoError(
      "BENTO_USAGE",
      `expected ${flag} with 1 to 99 per cent, got ${JSON.stringify(text)}`,
      {
        hint: `e.g. ${flag} 10`,
      },
    );
  }
  return Number(text.replace("%", ""));
}

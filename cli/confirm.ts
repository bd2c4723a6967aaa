/**
 * Asks before something is lost. Where nobody can answer, the flag that answers is named.
 *
 * @module
 */
import { BentoError } from "../core/bento-error.ts";
import type { CliContext } from "./context.ts";

/**
 * @param isYes - the user said so already, with `--yes`
 * @throws BentoError BENTO_USAGE where nobody can be asked, BENTO_INTERRUPTED when the answer is not yes
 */
export async function confirm(
  context: CliContext,
  question: string,
  isYes: boolean,
): Promise<void> {
  if (isYes) {
    return;
  }
  const answer = await context.ask(`${question} [y/N] `);
  if (answer === undefined) {
    throw new BentoError("BENTO_USAGE", `${question} nobody can be asked here`, {
      hint: "add --yes to go on without asking",
    });
  }
  if (!/^y(es)?$/i.test(answer.trim())) {
    throw new BentoError("BENTO_INTERRUPTED", "stopped: nothing was changed");
  }
}

/**
 * Findings of a look at AWS, in one form. What cannot be looked at is a warning: a deploy may go through all the same.
 *
 * @module
 */
import { BentoError } from "../../../core/bento-error.ts";
import type { Finding } from "../../adapter.ts";
import { isAccessDenied } from "../aws-error.ts";

export function fine(check: string, summary: string): Finding {
  return { check, state: "fine", summary };
}

export function warning(check: string, summary: string, hint: string): Finding {
  return { check, state: "warning", summary, hint };
}

export function problem(check: string, summary: string, hint: string): Finding {
  return { check, state: "problem", summary, hint };
}

/**
 * One look.
 *
 * @param look - what it throws becomes the finding
 * @param action - that has to be allowed for the look alone
 */
export async function looked(
  { check, action }: { readonly check: string; readonly action: string },
  look: () => Promise<Finding>,
): Promise<Finding> {
  try {
    return await look();
  } catch (error) {
    if (!BentoError.isInstance(error)) {
      throw error;
    }
    if (isAccessDenied(error) || error.code === "BENTO_MISSING_PEER") {
      const hint =
        error.code === "BENTO_MISSING_PEER" && error.hint !== undefined
          ? error.hint
          : `a deploy does not need it; allow ${action} to have this looked at`;
      return warning(check, `not looked at: ${firstLine(error)}`, hint);
    }
    return problem(check, firstLine(error), error.hint ?? "see docs/errors.md");
  }
}

function firstLine({ message }: Error): string {
  return message.split("\n")[0] ?? message;
}

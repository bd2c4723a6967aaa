/**
 * Names of bentos as cloud platforms take them: DESIGN's one rule for all of them.
 *
 * @module
 */
import { BentoError } from "./bento-error.ts";
import { digestHex, digestOf } from "./digest.ts";

/** Room for one letter, `-` and 6 hex digits. */
const SHORTEST_LIMIT = 8;

/**
 * Lower case, `_`, `.` and whatever else is no letter or digit become one `-`, none at the ends, `b-` before a digit;
 * cut to the limit with `-` and 6 hex digits of the whole name, so that two long names do not meet.
 *
 * @param limit - longest name that the platform takes, in characters; 8 or more
 * @throws BentoError BENTO_INVALID_INPUT when the name has neither a letter nor a digit
 */
export function cloudName(name: string, limit: number): string {
  if (limit < SHORTEST_LIMIT) {
    throw new BentoError("BENTO_BUG", `no name fits into ${limit} characters`);
  }
  const plain = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "");
  if (plain === "") {
    throw new BentoError("BENTO_INVALID_INPUT", `not a name: ${JSON.stringify(name)}`, {
      hint: "use letters and digits, e.g. iris-prod",
    });
  }
  const started = /^\d/.test(plain) ? `b-${plain}` : plain;
  if (started.length <= limit) {
    return started;
  }
  const mark = digestHex(digestOf(name)).slice(0, 6);
  return `${started.slice(0, limit - 7).replace(/-$/, "")}-${mark}`;
}

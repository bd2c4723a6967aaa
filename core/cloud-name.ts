/**
 * Names of bentos as cloud platforms take them: DESIGN's one rule for all of them.
 *
 * @module
 */
import { digestHex, digestOf } from "./digest.ts";

/**
 * Lower case, `_` and `.` become `-`, `b-` before a digit; cut to the limit with `-` and 6 hex digits of the whole
 * name, so that two long names never meet.
 *
 * @param limit - longest name that the platform takes, in characters
 */
export function cloudName(name: string, limit: number): string {
  const plain = name
    .toLowerCase()
    .replaceAll(/[_.]/g, "-")
    .replaceAll(/-{2,}/g, "-")
    .replaceAll(/^-|-$/g, "");
  const started = /^\d/.test(plain) ? `b-${plain}` : plain;
  if (started.length <= limit) {
    return started;
  }
  const mark = digestHex(digestOf(name)).slice(0, 6);
  return `${started.slice(0, limit - 7).replace(/-$/, "")}-${mark}`;
}

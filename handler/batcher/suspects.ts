/**
 * The callers of one failed batch, while halves of it are run again to find out whose rows it fails on.
 *
 * @module
 */
import type { Part } from "./job.ts";

export class Suspects {
  /** Runs left: twice what finds one caller among all. */
  #runsLeft: number;
  #halvesFailed = 0;

  constructor(callers: number) {
    this.#runsLeft = 4 * Math.ceil(Math.log2(callers));
  }

  /** Takes a run from the budget; false when it is spent. */
  take(): boolean {
    this.#runsLeft -= 1;
    return this.#runsLeft >= 0;
  }

  /** One half of the whole batch has failed; true when both have. */
  halfFailed(): boolean {
    this.#halvesFailed += 1;
    return this.#halvesFailed === 2;
  }
}

/**
 * Callers in two halves of about as many rows.
 *
 * @param isSplitting - whether the rows of a single caller may be parted too
 */
export function splitParts<P, R>(
  parts: readonly Part<P, R>[],
  isSplitting = false,
): readonly [readonly Part<P, R>[], readonly Part<P, R>[]] {
  const [only] = parts;
  if (isSplitting && only !== undefined && parts.length === 1) {
    const middle = Math.ceil((only.from + only.to) / 2);
    return [[{ ...only, to: middle }], [{ ...only, from: middle }]];
  }
  const rows = parts.reduce((sum, part) => sum + part.to - part.from, 0);
  let at = 0;
  let before = 0;
  for (const part of parts.slice(0, -1)) {
    if (at > 0 && 2 * before >= rows) {
      break;
    }
    at += 1;
    before += part.to - part.from;
  }
  return [parts.slice(0, at), parts.slice(at)];
}

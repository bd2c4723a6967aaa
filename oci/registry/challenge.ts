/**
 * Reads a registry's `WWW-Authenticate`: which scheme it wants, and where a token is to be had.
 *
 * @module
 */

/** One challenge of a registry. */
export interface Challenge {
  /** Lower case, e.g. `bearer`. */
  readonly scheme: string;
  /** By lower-case name, e.g. `realm`, `service`, `scope`. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** `name=value`, or a word alone: the name of the next challenge's scheme. */
const PART = /([A-Za-z][\w-]*)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+)))?/g;

/**
 * @param header - the header's value; of several challenges Bearer counts first, then Basic
 * @returns undefined when there is none
 */
export function parseChallenge(header: string | null | undefined): Challenge | undefined {
  const all: { scheme: string; parameters: Record<string, string> }[] = [];
  for (const [, name = "", quoted, bare] of (header ?? "").matchAll(PART)) {
    const value = quoted?.replace(/\\(.)/g, "$1") ?? bare;
    if (value === undefined) {
      all.push({ scheme: name.toLowerCase(), parameters: {} });
    } else {
      const current = all.at(-1);
      if (current !== undefined) {
        current.parameters[name.toLowerCase()] = value;
      }
    }
  }
  const named = (scheme: string) => all.find((challenge) => challenge.scheme === scheme);
  return named("bearer") ?? named("basic") ?? all[0];
}

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

const PARAMETER = /([A-Za-z][\w-]*)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/g;

/**
 * @param header - the header's value; its first challenge counts
 * @returns undefined when there is none
 */
export function parseChallenge(header: string | null): Challenge | undefined {
  const scheme = /^\s*([A-Za-z][\w-]*)(?:\s+|$)/.exec(header ?? "");
  if (header === null || scheme?.[1] === undefined) {
    return undefined;
  }
  const rest = header.slice(scheme[0].length);
  const parameters: Record<string, string> = {};
  for (const [, name = "", quoted, bare] of rest.matchAll(PARAMETER)) {
    parameters[name.toLowerCase()] = quoted?.replace(/\\(.)/g, "$1") ?? bare ?? "";
  }
  return { scheme: scheme[1].toLowerCase(), parameters };
}

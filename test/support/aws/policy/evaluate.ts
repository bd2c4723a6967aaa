/**
 * Evaluates an identity-based policy as IAM does: an explicit deny wins, then an allow, otherwise no.
 *
 * @module
 */
import type { Members } from "../aws-call.ts";
import { asMembers, textsOf } from "../members.ts";

/** One thing that a call does. */
export interface Permission {
  /** `lambda:UpdateAlias` */
  readonly action: string;
  readonly resource: string;
  /** Condition keys and their values; keys in any case. */
  readonly context: Readonly<Record<string, string | readonly string[]>>;
}

export type Verdict = "allow" | "deny" | "none";

/** @param policy - a policy document, or the text of one */
export function evaluate(policy: unknown, permission: Permission): Verdict {
  const document = asMembers(typeof policy === "string" ? JSON.parse(policy) : policy);
  const given = document["Statement"];
  const statements = (Array.isArray(given) ? given : [given]).map(asMembers);
  const fitting = statements.filter((statement) => applies(statement, permission));
  if (fitting.some(({ Effect }) => Effect === "Deny")) {
    return "deny";
  }
  return fitting.some(({ Effect }) => Effect === "Allow") ? "allow" : "none";
}

function applies(statement: Members, { action, resource, context }: Permission): boolean {
  const names = (patterns: readonly string[], value: string, isExact: boolean) =>
    patterns.some((pattern) =>
      isExact ? matches(pattern, value) : matches(pattern.toLowerCase(), value.toLowerCase()),
    );
  const isAction =
    "NotAction" in statement
      ? !names(textsOf(statement, "NotAction"), action, false)
      : names(textsOf(statement, "Action"), action, false);
  const isResource =
    "NotResource" in statement
      ? !names(textsOf(statement, "NotResource"), resource, true)
      : names(textsOf(statement, "Resource"), resource, true);
  return isAction && isResource && holds(asMembers(statement["Condition"]), context);
}

function holds(condition: Members, context: Permission["context"]): boolean {
  const values = new Map(
    Object.entries(context).map(([key, value]) => [key.toLowerCase(), [value].flat()]),
  );
  return Object.entries(condition).every(([operator, keys]) =>
    Object.keys(asMembers(keys)).every((key) =>
      compare(operator, textsOf(asMembers(keys), key), values.get(key.toLowerCase())),
    ),
  );
}

function compare(
  operator: string,
  wanted: readonly string[],
  found: readonly string[] | undefined,
): boolean {
  const [, set, base = "", ifExists] =
    /^(?:(ForAnyValue|ForAllValues):)?(\w+?)(IfExists)?$/.exec(operator) ?? [];
  if (base === "Null") {
    return wanted.includes(String(found === undefined));
  }
  const isNegative = /Not/.test(base);
  if (found === undefined) {
    return ifExists !== undefined || isNegative || set === "ForAllValues";
  }
  const test = TESTS[base.replace("Not", "")];
  if (test === undefined) {
    throw new Error(`a policy uses ${operator}, which these stand-ins do not know`);
  }
  const isOne = (value: string) => wanted.some((pattern) => test(pattern, value)) !== isNegative;
  return set === "ForAllValues" || isNegative ? found.every(isOne) : found.some(isOne);
}

const TESTS: Readonly<Record<string, (pattern: string, value: string) => boolean>> = {
  StringEquals: (pattern, value) => pattern === value,
  StringEqualsIgnoreCase: (pattern, value) => pattern.toLowerCase() === value.toLowerCase(),
  StringLike: matches,
  ArnEquals: matches,
  ArnLike: matches,
  Bool: (pattern, value) => pattern.toLowerCase() === value.toLowerCase(),
};

function matches(pattern: string, value: string): boolean {
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", "[^]*")
    .replaceAll("?", "[^]");
  return new RegExp(`^${source}$`).test(value);
}

/**
 * Resolves a template's functions to values.
 *
 * @module
 */
import type { Members } from "../aws-call.ts";
import { asMembers, isMembers, membersOf, textOf } from "../members.ts";
import { attributePath } from "./references.ts";
import { invalid } from "./template.ts";

/** What names stand for. */
export interface Scope {
  readonly document: Members;
  readonly parameters: Readonly<Record<string, string>>;
  /** `AWS::Region` and the like. */
  readonly pseudo: Readonly<Record<string, unknown>>;
  /** Of resources. @returns undefined where there is no such thing */
  ref(logicalId: string): unknown;
  attribute(logicalId: string, name: string): unknown;
  /** @returns undefined where nobody exports it */
  imported(name: string): string | undefined;
}

/** A property that is not there. */
const NO_VALUE = Symbol("AWS::NoValue");

/** @throws AwsFailure ValidationError for what does not resolve */
export function resolve(value: unknown, scope: Scope): unknown {
  const resolved = resolveAny(value, scope);
  return resolved === NO_VALUE ? undefined : resolved;
}

/** Whether a condition of the template holds. */
export function holds(name: string, scope: Scope): boolean {
  return truth(membersOf(scope.document, "Conditions")[name], scope);
}

function resolveAny(value: unknown, scope: Scope): unknown {
  if (Array.isArray(value)) {
    return value.map((item) => resolveAny(item, scope)).filter((item) => item !== NO_VALUE);
  }
  if (!isMembers(value)) {
    return value;
  }
  const [[key, inner] = ["", undefined], ...others] = Object.entries(value);
  const perform = others.length === 0 ? FUNCTIONS[key] : undefined;
  if (perform !== undefined) {
    return perform(inner, scope);
  }
  const entries = Object.entries(value).map(([name, item]) => [name, resolveAny(item, scope)]);
  return Object.fromEntries(entries.filter(([, item]) => item !== NO_VALUE));
}

const FUNCTIONS: Readonly<Record<string, (inner: unknown, scope: Scope) => unknown>> = {
  Ref: (inner, scope) => refOf(String(inner), scope),
  "Fn::GetAtt": (inner, scope) => attributeOf(attributePath(inner), scope),
  "Fn::Join": (inner, scope) => {
    const [separator, list] = pair(inner, scope);
    return asList(list).map(String).join(String(separator));
  },
  "Fn::Split": (inner, scope) => {
    const [separator, text] = pair(inner, scope);
    return String(text).split(String(separator));
  },
  "Fn::Select": (inner, scope) => {
    const [index, list] = pair(inner, scope);
    return asList(list)[Number(index)];
  },
  "Fn::Sub": (inner, scope) => {
    const [text, values] = Array.isArray(inner) ? inner : [inner, {}];
    const own = asMembers(resolveAny(values, scope));
    return String(text)
      .replaceAll(/\$\{([^!}][^}]*)\}/g, (_, name: string) => substituted(name.trim(), own, scope))
      .replaceAll("${!", "${");
  },
  "Fn::If": (inner, scope) => {
    const [condition, yes, no] = asList(inner);
    return resolveAny(holds(String(condition), scope) ? yes : no, scope);
  },
  "Fn::FindInMap": (inner, scope) => {
    const [map, first, second] = asList(resolveAny(inner, scope)).map(String);
    const mappings = membersOf(scope.document, "Mappings");
    return membersOf(membersOf(mappings, map ?? ""), first ?? "")[second ?? ""];
  },
  "Fn::ImportValue": (inner, scope) => {
    const name = String(resolveAny(inner, scope));
    const value = scope.imported(name);
    if (value === undefined) {
      throw invalid(`No export named ${name} found.`);
    }
    return value;
  },
  "Fn::Base64": (inner, scope) => Buffer.from(String(resolveAny(inner, scope))).toString("base64"),
  "Fn::GetAZs": (_, { pseudo }) => ["a", "b", "c"].map((zone) => `${pseudo["AWS::Region"]}${zone}`),
};

function truth(condition: unknown, scope: Scope): boolean {
  const [[key, inner] = ["", undefined]] = Object.entries(asMembers(condition));
  if (key === "Condition") {
    return holds(String(inner), scope);
  }
  const parts = asList(inner);
  switch (key) {
    case "Fn::Equals":
      return String(resolveAny(parts[0], scope)) === String(resolveAny(parts[1], scope));
    case "Fn::Not":
      return !truth(parts[0], scope);
    case "Fn::And":
      return parts.every((part) => truth(part, scope));
    case "Fn::Or":
      return parts.some((part) => truth(part, scope));
    default:
      throw invalid(`Template error: no condition: ${JSON.stringify(condition)}`);
  }
}

function refOf(name: string, scope: Scope): unknown {
  if (name === "AWS::NoValue") {
    return NO_VALUE;
  }
  const value = scope.pseudo[name] ?? scope.parameters[name];
  if (value !== undefined) {
    const type = textOf(asMembers(membersOf(scope.document, "Parameters")[name]), "Type") ?? "";
    return /^(?:CommaDelimitedList|List<)/.test(type) ? String(value).split(",") : value;
  }
  const found = scope.ref(name);
  if (found === undefined) {
    throw invalid(`Template format error: Unresolved dependency [${name}]`);
  }
  return found;
}

function attributeOf([id, name]: [string, string], scope: Scope): unknown {
  const found = scope.attribute(id, name);
  if (found === undefined) {
    throw invalid(
      `Template error: resource ${id} does not support attribute type ${name} in Fn::GetAtt`,
    );
  }
  return found;
}

function substituted(name: string, own: Members, scope: Scope): string {
  if (name in own) {
    return String(own[name]);
  }
  return String(name.includes(".") ? attributeOf(attributePath(name), scope) : refOf(name, scope));
}

function pair(inner: unknown, scope: Scope): [unknown, unknown] {
  const [first, second] = asList(inner);
  return [resolveAny(first, scope), resolveAny(second, scope)];
}

function asList(value: unknown): unknown[] {
  if (!Array.isArray(value)) {
    throw invalid(`Template error: a list is needed, not ${JSON.stringify(value)}`);
  }
  return value;
}

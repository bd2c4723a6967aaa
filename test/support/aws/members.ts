/**
 * Reads members of requests by the type that they must have; a wrong type is the caller's error.
 *
 * @module
 */
import { AwsFailure, type Members } from "./aws-call.ts";

export function textOf(members: Members, name: string): string | undefined {
  const value = members[name];
  if (value === undefined || value === null) {
    return undefined;
  }
  if (typeof value === "string") {
    return value;
  }
  if (typeof value === "number" || typeof value === "boolean") {
    return String(value);
  }
  throw wrong(name, "a string");
}

/** @throws AwsFailure ValidationException when it is absent */
export function needText(members: Members, name: string): string {
  const value = textOf(members, name);
  if (value === undefined || value === "") {
    throw new AwsFailure("ValidationException", `${name} must not be empty`);
  }
  return value;
}

export function numberOf(members: Members, name: string): number | undefined {
  const value = textOf(members, name);
  if (value === undefined) {
    return undefined;
  }
  if (Number.isNaN(Number(value))) {
    throw wrong(name, "a number");
  }
  return Number(value);
}

export function isTrue(members: Members, name: string): boolean {
  return members[name] === true || members[name] === "true";
}

export function listOf(members: Members, name: string): readonly unknown[] {
  const value = members[name] ?? [];
  if (Array.isArray(value)) {
    return value;
  }
  // how an empty list is written in a form
  if (value === "") {
    return [];
  }
  throw wrong(name, "a list");
}

/** Lists of strings; one string stands for a list of it. */
export function textsOf(members: Members, name: string): readonly string[] {
  const value = members[name];
  return (typeof value === "string" && value !== "" ? [value] : listOf(members, name)).map(String);
}

export function membersOf(members: Members, name: string): Members {
  return asMembers(members[name]);
}

/** Anything that is no object is an empty one. */
export function asMembers(value: unknown): Members {
  return isMembers(value) ? value : {};
}

export function isMembers(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Names and values of `Tags` as CloudFormation has them: `[{ Key, Value }]`. */
export function tagsOf(members: Members, name = "Tags"): Record<string, string> {
  const pairs = listOf(members, name).map(asMembers);
  return Object.fromEntries(
    pairs.map((tag) => [textOf(tag, "Key") ?? "", textOf(tag, "Value") ?? ""]),
  );
}

/** Without members that are undefined. */
export function compact(members: Members): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

function wrong(name: string, type: string): AwsFailure {
  return new AwsFailure("SerializationException", `${name} is not ${type}`);
}

/**
 * Which names a value of a template refers to.
 *
 * @module
 */
import { isMembers } from "../members.ts";

/** @returns logical ids and parameters; those of AWS itself too */
export function referencesOf(value: unknown): string[] {
  if (Array.isArray(value)) {
    return value.flatMap(referencesOf);
  }
  if (!isMembers(value)) {
    return [];
  }
  return Object.entries(value).flatMap(([key, inner]) => referencesBy(key, inner));
}

function referencesBy(key: string, inner: unknown): string[] {
  if (key === "Ref" && typeof inner === "string") {
    return [inner];
  }
  if (key === "Fn::GetAtt") {
    const [id] = attributePath(inner);
    return [id];
  }
  if (key === "Fn::Sub") {
    const [text, values] = Array.isArray(inner) ? inner : [inner, {}];
    const own = isMembers(values) ? values : {};
    const names = namesInText(String(text)).map((name) => name.split(".")[0] ?? "");
    return [...names.filter((name) => !(name in own)), ...referencesOf(own)];
  }
  return referencesOf(inner);
}

/** The resource and the attribute that a Fn::GetAtt names. */
export function attributePath(inner: unknown): [string, string] {
  const [id = "", ...rest] = Array.isArray(inner) ? inner.map(String) : String(inner).split(".");
  return [id, rest.join(".")];
}

/** `${Name}` but not `${!Literal}`. */
function namesInText(text: string): string[] {
  return [...text.matchAll(/\$\{([^!}][^}]*)\}/g)].map(([, name = ""]) => name.trim());
}

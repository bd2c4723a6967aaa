/**
 * Says how two documents differ, one line a property, for conflicts of two contents under one version.
 *
 * @module
 */
import { canonicalJson } from "../core/canonical-json.ts";

const LONGEST_VALUE = 60;

/**
 * Lines such as `metadata.accuracy: 0.96 in the store, 0.97 here`, sorted by property; none exactly when both are equal.
 *
 * @param stored - JSON data
 * @param given - JSON data of the same kind
 * @param where - what the two are called. @default in the store, here
 */
export function describeDifference(
  stored: unknown,
  given: unknown,
  where: readonly [string, string] = ["in the store", "here"],
): string[] {
  const [here, there] = where;
  if (canonicalJson(stored) === canonicalJson(given)) {
    return [];
  }
  const before = new Map(leaves(stored, ""));
  const after = new Map(leaves(given, ""));
  const properties = [...new Set([...before.keys(), ...after.keys()])].sort();
  const lines = properties
    .filter((property) => before.get(property) !== after.get(property))
    .map(
      (property) =>
        `${property}: ${shown(before.get(property))} ${here}, ${shown(after.get(property))} ${there}`,
    );
  return lines.length === 0 ? ["only the order of a list, or something empty"] : lines;
}

/** Every value that is no object, with its place; lists of objects count by their path or name. */
function* leaves(value: unknown, place: string): Generator<[place: string, json: string], void> {
  if (Array.isArray(value) && value.some((item) => nameOf(item) !== undefined)) {
    for (const item of value) {
      yield* leaves(item, `${place}[${nameOf(item)}]`);
    }
  } else if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    for (const [key, item] of Object.entries(value)) {
      yield* leaves(item, place === "" ? key : `${place}.${key}`);
    }
  } else {
    yield [place, canonicalJson(value)];
  }
}

function nameOf(item: unknown): string | undefined {
  if (typeof item !== "object" || item === null) {
    return undefined;
  }
  const names = new Map<string, unknown>(Object.entries(item));
  const name = names.get("key") ?? names.get("path") ?? names.get("name");
  return typeof name === "string" ? name : undefined;
}

function shown(json: string | undefined): string {
  if (json === undefined) {
    return "absent";
  }
  return json.length > LONGEST_VALUE ? `${json.slice(0, LONGEST_VALUE)}…` : json;
}

/**
 * Values as messages show them: short, on one line, and never longer for a larger value.
 *
 * @module
 */
const MAX_LETTERS = 60;
const MAX_ITEMS = 8;

/** `"2"`, `NaN`, `[1,2]`, `a list of 3000`, `a function`, `nothing`: what was given where something else was due. */
export function show(value: unknown): string {
  if (value === undefined) {
    return "nothing";
  }
  if (typeof value === "string") {
    return value.length > MAX_LETTERS
      ? `${JSON.stringify(value.slice(0, MAX_LETTERS))}… (${value.length} characters)`
      : JSON.stringify(value);
  }
  if (typeof value === "function") {
    return "a function";
  }
  if (typeof value === "bigint") {
    return `${value}n`;
  }
  if (typeof value !== "object" || value === null) {
    return String(value); // JSON would write NaN as null
  }
  return Array.isArray(value) ? showList(value) : showObject(value);
}

function showList(list: readonly unknown[]): string {
  const name = `a list of ${list.length}`;
  return list.length > MAX_ITEMS ? name : inFull(`[${list.map(showPart).join(",")}]`, name);
}

function showObject(value: object): string {
  if ("_zod" in value) {
    return "a zod schema";
  }
  if (value instanceof Promise) {
    return "a promise";
  }
  const entries = Object.entries(value);
  const name = "an object";
  if (entries.length > MAX_ITEMS) {
    return name;
  }
  const parts = entries.map(([key, item]) => `${JSON.stringify(key)}:${showPart(item)}`);
  return inFull(`{${parts.join(",")}}`, name);
}

/** One level is enough to know a value again. */
function showPart(part: unknown): string {
  if (typeof part !== "object" || part === null) {
    return show(part);
  }
  return Array.isArray(part) ? `[${part.length === 0 ? "" : "…"}]` : "{…}";
}

function inFull(text: string, otherwise: string): string {
  return text.length > MAX_LETTERS ? otherwise : text;
}

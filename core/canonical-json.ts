/**
 * One serializer for everything that is hashed or compared: keys sorted by code unit, no insignificant white space
 * unless asked for, so that the same value always has the same bytes.
 *
 * @module
 */
import { BentoError } from "./bento-error.ts";

/**
 * @param value - JSON data; `undefined` properties are left out
 * @param indent - spaces per level for files that people read; 0 writes one line
 * @default indent 0
 * @throws BentoError BENTO_BUG for what JSON would drop or change in silence (NaN, a Date, a Map, a function), because
 * two different values would then have one digest
 */
export function canonicalJson(value: unknown, indent = 0): string {
  return write(value, " ".repeat(indent), "");
}

function write(value: unknown, indent: string, margin: string): string {
  if (typeof value === "object" && value !== null) {
    return Array.isArray(value)
      ? writeList(value, indent, margin)
      : writeObject(value, indent, margin);
  }
  const isJson =
    value === null ||
    typeof value === "string" ||
    typeof value === "boolean" ||
    Number.isFinite(value);
  if (!isJson) {
    throw new BentoError("BENTO_BUG", `no JSON stands for ${String(value)}`);
  }
  return JSON.stringify(value);
}

function writeList(list: readonly unknown[], indent: string, margin: string): string {
  const inner = margin + indent;
  const items = list.map((item) => write(item, indent, inner));
  return enclose("[]", items, { indent, margin });
}

function writeObject(value: object, indent: string, margin: string): string {
  const kind = Object.prototype.toString.call(value);
  if (kind !== "[object Object]") {
    throw new BentoError("BENTO_BUG", `no JSON stands for ${kind}`);
  }
  const inner = margin + indent;
  const colon = indent === "" ? ":" : ": ";
  // written here and not by JSON.stringify, because objects put keys such as "10" before all others
  const items = Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, item]) => `${JSON.stringify(key)}${colon}${write(item, indent, inner)}`);
  return enclose("{}", items, { indent, margin });
}

function enclose(
  brackets: "[]" | "{}",
  items: readonly string[],
  { indent, margin }: { readonly indent: string; readonly margin: string },
): string {
  const [open, close] = brackets;
  if (items.length === 0 || indent === "") {
    return `${open}${items.join(",")}${close}`;
  }
  const inner = `\n${margin}${indent}`;
  return `${open}${inner}${items.join(`,${inner}`)}\n${margin}${close}`;
}

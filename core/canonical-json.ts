/**
 * One serializer for everything that is hashed or compared: keys sorted by code unit, no insignificant white space
 * unless asked for, so that the same value always has the same bytes.
 *
 * @module
 */

/**
 * @param value - JSON data; `undefined` properties are left out
 * @param indent - spaces per level for files that people read; 0 writes one line
 * @default indent 0
 */
export function canonicalJson(value: unknown, indent = 0): string {
  return JSON.stringify(sortKeys(value), undefined, indent);
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(sortKeys);
  }
  if (typeof value !== "object" || value === null) {
    return value;
  }
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return Object.fromEntries(entries.map(([key, item]) => [key, sortKeys(item)]));
}

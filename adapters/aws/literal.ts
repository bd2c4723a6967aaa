/**
 * Values as they stand in emitted TypeScript.
 *
 * @module
 */

/** JSON is TypeScript too; keys that are names lose their quotes. */
export function literal(value: unknown): string {
  if (Array.isArray(value)) {
    return `[${value.map(literal).join(", ")}]`;
  }
  if (typeof value !== "object" || value === null) {
    return JSON.stringify(value);
  }
  const members = Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .map(
      ([key, item]) =>
        `${/^[A-Za-z_]\w*$/.test(key) ? key : JSON.stringify(key)}: ${literal(item)}`,
    );
  return members.length === 0 ? "{}" : `{ ${members.join(", ")} }`;
}

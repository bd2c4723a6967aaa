/**
 * Compares an answer with the one that was expected, numbers within a tolerance.
 *
 * @module
 */

/** Where two values differ first, in the order of the expected one. */
export interface Difference {
  /** JSON path from `$`. */
  readonly path: string;
  readonly expected: string;
  readonly actual: string;
}

const NOTHING = "nothing";

/**
 * @param tolerance - largest difference between two numbers, absolute or relative to the larger
 * @returns undefined when they are equal
 */
export function firstDifference(
  expected: unknown,
  actual: unknown,
  { tolerance, path = "$" }: { tolerance: number; path?: string },
): Difference | undefined {
  if (typeof expected === "number" && typeof actual === "number") {
    return isClose(expected, actual, tolerance) ? undefined : difference(path, expected, actual);
  }
  if (Array.isArray(expected) && Array.isArray(actual)) {
    const keys = Array.from({ length: Math.max(expected.length, actual.length) }, (_, i) => i);
    return firstOf(keys, (key) =>
      firstDifference(expected[key], actual[key], { tolerance, path: `${path}[${key}]` }),
    );
  }
  if (isRecord(expected) && isRecord(actual)) {
    const keys = new Set([...Object.keys(expected), ...Object.keys(actual)]);
    return firstOf(keys, (key) =>
      firstDifference(expected[key], actual[key], { tolerance, path: `${path}${member(key)}` }),
    );
  }
  return expected === actual ? undefined : difference(path, expected, actual);
}

function isClose(a: number, b: number, tolerance: number): boolean {
  const distance = Math.abs(a - b);
  return (
    a === b || distance <= tolerance || distance <= tolerance * Math.max(Math.abs(a), Math.abs(b))
  );
}

function firstOf<Key>(
  keys: Iterable<Key>,
  look: (key: Key) => Difference | undefined,
): Difference | undefined {
  for (const key of keys) {
    const found = look(key);
    if (found !== undefined) {
      return found;
    }
  }
  return undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function member(key: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

function difference(path: string, expected: unknown, actual: unknown): Difference {
  return { path, expected: show(expected), actual: show(actual) };
}

function show(value: unknown): string {
  const text = value === undefined ? NOTHING : JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

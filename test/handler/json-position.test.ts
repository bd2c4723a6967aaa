import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findJsonFault } from "../../handler/json-position.ts";

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe("findJsonFault", () => {
  it("finds a fault exactly where JSON.parse does", () => {
    const pieces = [
      "{",
      "}",
      "[",
      "]",
      ",",
      ":",
      '"a"',
      '"',
      "\\",
      "1",
      "-",
      "0",
      ".",
      "e5",
      "true",
    ];
    const text = fc
      .array(fc.constantFrom(...pieces, " ", "\n", "null", "NaN", "é"), { maxLength: 12 })
      .map((parts) => parts.join(""));
    fc.assert(
      fc.property(text, (given) => {
        expect([given, findJsonFault(given) === undefined]).toEqual([given, isJson(given)]);
      }),
      { numRuns: 5000 },
    );
  });

  it("finds none in what JSON.stringify writes, and one where it is cut", () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(), (text, cut) => {
        expect(findJsonFault(text)).toBeUndefined();
        const short = text.slice(0, cut % text.length);
        expect(findJsonFault(short) === undefined).toBe(isJson(short));
      }),
    );
  });

  it.each([
    ['{"a" 1}', 5, "expected :, got 1"],
    ['{"a": 1,}', 8, "expected a key, got }"],
    ["[1 2]", 3, "expected , or ], got 2"],
    ["[1,]", 3, "expected a value, got ]"],
    ["{a: 1}", 1, "expected a key or }, got a"],
    ["{'a': 1}", 1, "expected a key or }, got '"],
    ["[01]", 1, "expected a value or ], got 01"],
    ['"open', 0, 'expected a value, got "'],
    ["{} x", 3, "expected the end, got x"],
    ["", 0, "expected a value, got the end"],
  ])("says what is wrong with %j", (text, position, message) => {
    expect(findJsonFault(text)).toMatchObject({ position, message });
  });

  it("reads a long text that never ends in one pass", () => {
    expect(findJsonFault(`["${"a\\n".repeat(200_000)}`)).toMatchObject({ position: 1 });
  });
});

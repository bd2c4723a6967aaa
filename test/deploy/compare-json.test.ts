import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { firstDifference } from "../../deploy/compare-json.ts";

describe("firstDifference", () => {
  it("finds none between a value and itself", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const again: unknown = JSON.parse(JSON.stringify(value));
        expect(firstDifference(again, JSON.parse(JSON.stringify(value)), { tolerance: 0 })).toBe(
          undefined,
        );
      }),
    );
  });

  it.each<[unknown, unknown, number]>([
    [1, 1.00001, 1e-5],
    [100_000, 100_000.9, 1e-5],
    [0, 1e-6, 1e-5],
    [{ a: [0.5] }, { a: [0.500001] }, 1e-5],
    [{ a: 1, b: 2 }, { b: 2, a: 1 }, 0],
  ])("takes %j and %j for equal within %d", (expected, actual, tolerance) => {
    expect(firstDifference(expected, actual, { tolerance })).toBeUndefined();
  });

  it.each<[unknown, unknown, string, string, string]>([
    [1, 1.1, "$", "1", "1.1"],
    [1, "1", "$", "1", '"1"'],
    [null, {}, "$", "null", "{}"],
    [[], {}, "$", "[]", "{}"],
    [[1, 2], [1], "$[1]", "2", "nothing"],
    [[1], [1, 2], "$[1]", "nothing", "2"],
    [{ a: { "b c": [0, 1] } }, { a: { "b c": [0, 2] } }, '$.a["b c"][1]', "1", "2"],
    [{ a: 1 }, {}, "$.a", "1", "nothing"],
    [{}, { a: 1 }, "$.a", "nothing", "1"],
    ["x".repeat(100), "y", "$", `"${"x".repeat(78)}…`, '"y"'],
  ])("tells where %j and %j differ", (expected, actual, path, shown, got) => {
    expect(firstDifference(expected, actual, { tolerance: 1e-5 })).toEqual({
      path,
      expected: shown,
      actual: got,
    });
  });
});

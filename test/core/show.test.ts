import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { show } from "../../core/show.ts";

describe("show", () => {
  it.each<[unknown, string]>([
    [undefined, "nothing"],
    [null, "null"],
    ["2", '"2"'],
    ["", '""'],
    ["a\nb", '"a\\nb"'],
    ["x".repeat(100), `"${"x".repeat(60)}"… (100 characters)`],
    [2, "2"],
    [Number.NaN, "NaN"],
    [Number.NEGATIVE_INFINITY, "-Infinity"],
    [10n, "10n"],
    [true, "true"],
    [Symbol("a"), "Symbol(a)"],
    [() => 1, "a function"],
    [Promise.resolve(), "a promise"],
    [z.string(), "a zod schema"],
    [[], "[]"],
    [[1, "a", Number.NaN], '[1,"a",NaN]'],
    [[[], [1], {}], "[[],[…],{…}]"],
    [new Array(9).fill(0), "a list of 9"],
    [["x".repeat(60)], "a list of 1"],
    [{}, "{}"],
    [{ cpu: "2", gpu: { kind: "l4" } }, '{"cpu":"2","gpu":{…}}'],
    [{ a: "x".repeat(60) }, "an object"],
  ])("shows %s as %s", (value, text) => {
    expect(show(value)).toBe(text);
  });

  it("stays short and on one line, and never throws", () => {
    fc.assert(
      fc.property(fc.anything({ withBigInt: true, withDate: true, withMap: true }), (value) => {
        expect(show(value)).toMatch(/^[^\n]{1,400}$/);
      }),
    );
  });
});

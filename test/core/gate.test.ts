import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkGate, parseGate } from "../../core/gate.ts";
import { failureOf } from "../support/failure.ts";

describe("parseGate", () => {
  it.each([
    ["accuracy>=0.95", { metric: "accuracy", operator: ">=", amount: 0.95, isFromCurrent: false }],
    [" auc < 1e-3 ", { metric: "auc", operator: "<", amount: 0.001, isFromCurrent: false }],
    ["churn<=1%", { metric: "churn", operator: "<=", amount: 0.01, isFromCurrent: false }],
    ["bias>=-2", { metric: "bias", operator: ">=", amount: -2, isFromCurrent: false }],
    ["f1>=current", { metric: "f1", operator: ">=", amount: 0, isFromCurrent: true }],
    ["f1>=current-0.01", { metric: "f1", operator: ">=", amount: -0.01, isFromCurrent: true }],
    ["ms<=current + 5", { metric: "ms", operator: "<=", amount: 5, isFromCurrent: true }],
  ])("reads %j", (text, expected) => {
    expect(parseGate(text)).toEqual({ text: text.trim(), ...expected });
  });

  it.each([
    "",
    "accuracy",
    "accuracy>=",
    "accuracy=>1",
    "accuracy>=high",
    "a b>=1",
    ">=1",
    "f1>=current0.1",
    "f1>=current-",
    "x>=1;y",
  ])("refuses %j", async (text) => {
    expect(await failureOf(() => parseGate(text))).toEqual({
      code: "BENTO_USAGE",
      message: `not a gate: ${JSON.stringify(text)}`,
      where: "--require",
      hint: "write it as METRIC>=NUMBER or METRIC>=current-NUMBER, e.g. 'accuracy>=current-0.01'",
    });
  });
});

describe("checkGate", () => {
  const check = (text: string, metrics: object, current?: object) =>
    checkGate(parseGate(text), { ...metrics }, current && { ...current });

  it("compares a number with a limit", () => {
    expect(check("accuracy>=0.95", { accuracy: 0.97 })).toEqual({
      gate: "accuracy>=0.95",
      holds: true,
      value: 0.97,
      limit: 0.95,
      reason: "accuracy is >= 0.95: it is 0.97",
    });
    expect(check("accuracy>=0.95", { accuracy: 0.9 })).toEqual({
      gate: "accuracy>=0.95",
      holds: false,
      value: 0.9,
      limit: 0.95,
      reason: "accuracy is not >= 0.95: it is 0.9",
    });
  });

  it("compares with what is promoted now", () => {
    expect(check("a>=current-0.25", { a: 0.5 }, { a: 0.75 }).holds).toBe(true);
    expect(check("a>=current-0.25", { a: 0.25 }, { a: 0.75 }).holds).toBe(false);
    expect(check("a>=current", { a: 0.5 })).toMatchObject({
      holds: true,
      reason: "a is 0.5, and nothing is promoted yet",
    });
  });

  it.each([
    [{}, { a: 1 }, "the model has no number called a"],
    [{ a: "1" }, { a: 1 }, "the model has no number called a"],
    [{ a: Number.NaN }, { a: 1 }, "the model has no number called a"],
    [{ a: 1 }, {}, "the current version has no number called a"],
    [JSON.parse('{"__proto__":{"a":1}}'), { a: 1 }, "the model has no number called a"],
  ])("does not hold where a number is missing: %j against %j", (metrics, current, reason) => {
    expect(check("a>=current", metrics, current)).toMatchObject({ holds: false, reason });
  });

  it("agrees with arithmetic", () => {
    const number = fc.double({ min: -1e6, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(number, number, (value, limit) => {
        const text = `m>=${limit.toFixed(6)}`;
        expect(check(text, { m: value }).holds).toBe(value >= Number(limit.toFixed(6)));
      }),
    );
  });
});

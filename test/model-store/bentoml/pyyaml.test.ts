import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatPyYaml, parsePyYaml } from "../../../model-store/bentoml/pyyaml.ts";

describe("parsePyYaml", () => {
  // what yaml.safe_load of PyYAML 6 gives, but for dates, which stay texts
  it.each([
    ["1e5", "1e5"],
    ["123e4567", "123e4567"],
    ["1.0e-05", 1e-5],
    ["1.5", 1.5],
    ["-12", -12],
    ["1_000", 1000],
    ["0123", "0123"],
    ["9007199254740993", "9007199254740993"],
    ["yes", true],
    ["Off", false],
    ["y", "y"],
    ["~", null],
    ["", null],
    [".inf", Number.POSITIVE_INFINITY],
    ["-.INF", Number.NEGATIVE_INFINITY],
    [".nan", Number.NaN],
    ["2025-12-02", "2025-12-02"],
    ["'1'", "1"],
    ['"yes"', "yes"],
    ["[1, a]", [1, "a"]],
  ])("reads %j", async (text, value) => {
    expect(await parsePyYaml(`key: ${text}\n`)).toEqual({ key: value });
  });

  it.each(["a: [", "a: 1\na: 2", "a: *nothing"])("refuses %j", async (text) => {
    await expect(parsePyYaml(text)).rejects.toThrow();
  });

  it("refuses aliases that grow to gigabytes", async () => {
    const lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"];
    for (let depth = 1; depth < 9; depth += 1) {
      const before = `*a${depth - 1}`;
      lines.push(`a${depth}: &a${depth} [${Array(10).fill(before).join(", ")}]`);
    }
    await expect(parsePyYaml(lines.join("\n"))).rejects.toThrow("alias");
  });
});

describe("formatPyYaml", () => {
  it("writes what is read back, whatever texts look like", async () => {
    const scalar = fc.oneof(
      fc.string({ unit: "binary" }),
      fc
        .double({ noNaN: true, noDefaultInfinity: true })
        .filter((one) => !Number.isInteger(one) || Number.isSafeInteger(one)),
      fc.maxSafeInteger(),
      fc.boolean(),
      fc.constantFrom("yes", "1e5", "2025-12-02", "null", "~", "", "=", "<<", "1:30", "\u2028\x7f"),
    );
    const value = fc.dictionary(fc.string(), fc.oneof(scalar, fc.array(scalar)));
    await fc.assert(
      fc.asyncProperty(value, async (one) => {
        const back = await parsePyYaml(`value: ${formatPyYaml(one)}\n`);
        expect(back).toEqual({ value: JSON.parse(JSON.stringify(one)) });
      }),
    );
  });

  it("gives an exponent its point, without which it is a text in Python", () => {
    expect([1e-7, 1e21, 1.5e-9, -3e-10, 0].map(formatPyYaml)).toEqual([
      "1.0e-7",
      "1.0e+21",
      "1.5e-9",
      "-3.0e-10",
      "0",
    ]);
  });
});

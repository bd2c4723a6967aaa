import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cloudName } from "../../core/cloud-name.ts";
import { TAG_PART } from "../../core/tag.ts";
import { caught } from "../support/caught.ts";

describe("cloudName", () => {
  it.each([
    ["iris_classifier", 63, "iris-classifier"],
    ["Iris.Prod", 63, "iris-prod"],
    ["a__b..c", 63, "a-b-c"],
    ["3d_model", 63, "b-3d-model"],
    ["my service", 63, "my-service"],
    ["_x_", 63, "x"],
    ["exactly-twelve", 14, "exactly-twelve"],
    ["exactly-fifteen", 14, "exactly-64fbdb"],
    ["abcdef-ghijklmn", 14, "abcdef-c456a2"],
    ["0123456789", 9, "b-84d898"],
  ])("makes of %s, within %d characters, %s", (name, limit, expected) => {
    expect(cloudName(name, limit)).toBe(expected);
  });

  it("rejects a name without a letter or digit", () => {
    expect(caught(() => cloudName("___", 63))).toEqual({
      code: "BENTO_INVALID_INPUT",
      message: 'not a name: "___"',
      hint: "use letters and digits, e.g. iris-prod",
    });
  });

  it("rejects a limit without room for the mark", () => {
    expect(caught(() => cloudName("iris", 7))).toEqual({
      code: "BENTO_BUG",
      message: "no name fits into 7 characters",
    });
  });

  const names = fc.stringMatching(TAG_PART);
  const limits = fc.integer({ min: 8, max: 63 });

  it("keeps the limit and the characters of every platform", () => {
    fc.assert(
      fc.property(names, limits, (name, limit) => {
        const made = cloudName(name, limit);
        expect([made.length <= limit, /^[a-z](?:-?[a-z0-9])*$/.test(made)]).toEqual([true, true]);
      }),
    );
  });

  it("takes any text that has a letter or digit", () => {
    const anything = fc.string({ unit: "binary" });
    const letter = fc.stringMatching(/^[A-Za-z0-9]$/);
    fc.assert(
      fc.property(fc.tuple(anything, letter, anything), limits, (parts, limit) => {
        expect(cloudName(parts.join(""), limit)).toMatch(/^[a-z](?:-?[a-z0-9])*$/);
      }),
    );
  });

  it("leaves a name alone that it has made", () => {
    fc.assert(
      fc.property(names, limits, (name, limit) => {
        const made = cloudName(name, limit);
        expect(cloudName(made, limit)).toBe(made);
      }),
    );
  });

  it("tells long names apart that start alike", () => {
    fc.assert(
      fc.property(names, names, (one, other) => {
        fc.pre(one !== other);
        const start = "a".repeat(63);
        expect(cloudName(start + one, 40)).not.toBe(cloudName(start + other, 40));
      }),
    );
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nearest } from "../../core/nearest.ts";

describe("nearest", () => {
  it.each([
    ["maxBatchsize", ["maxBatchSize", "maxLatencyMs"], "maxBatchSize"],
    ["resorces", ["resources", "traffic"], "resources"],
    ["aws-lamda", ["aws-lambda", "aws-ecs-gpu", "local"], "aws-lambda"],
    ["loacl", ["local", "kubernetes"], "local"],
    ["ab", ["ba"], "ba"],
    ["timeout", ["timeoutMs"], "timeoutMs"],
    ["name", ["name"], "name"],
  ])("finds what %s stands for among %j", (typed, candidates, expected) => {
    expect(nearest(typed, candidates)).toBe(expected);
  });

  it.each([
    ["x", ["y"]],
    ["", ["a"]],
    ["kubernetes", ["local", "aws-lambda"]],
    ["name", []],
    ["abcdef", ["abcxyz"]],
  ])("finds nothing for %j among %j", (typed, candidates) => {
    expect(nearest(typed, candidates)).toBeUndefined();
  });

  it("takes the first of two that are as near", () => {
    expect(nearest("cat", ["bat", "cut"])).toBe("bat");
  });

  it("finds a word of three letters and more after any two neighbours were swapped", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z]{3,20}$/), fc.nat(), (word, at) => {
        const index = at % (word.length - 1);
        const swapped =
          word.slice(0, index) +
          word.charAt(index + 1) +
          word.charAt(index) +
          word.slice(index + 2);
        expect(nearest(swapped, [word])).toBe(word);
      }),
    );
  });
});

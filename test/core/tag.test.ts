import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatTag, parseTag, TAG_PART } from "../../core/tag.ts";
import { caught } from "../support/caught.ts";

describe("parseTag", () => {
  it.each([
    ["iris", { name: "iris" }],
    ["iris:v1.2.0", { name: "iris", version: "v1.2.0" }],
    ["iris:latest", { name: "iris", version: "latest" }],
    ["a", { name: "a" }],
    ["0", { name: "0" }],
    ["iris_classifier:3f2a9c", { name: "iris_classifier", version: "3f2a9c" }],
    [`${"a".repeat(63)}:${"b".repeat(63)}`, { name: "a".repeat(63), version: "b".repeat(63) }],
  ])("reads %s", (text, tag) => {
    expect(parseTag(text)).toEqual(tag);
  });

  it.each([
    ["", "iris:v3"],
    ["Iris", "iris"],
    ["iris:", "iris"],
    [":v3", "iris:v3"],
    ["a:b:c", "a:b"],
    ["../x", "x"],
    ["iris classifier:v 1", "iris_classifier:v_1"],
    ["_iris_", "iris"],
    ["iris:v1 ", "iris:v1"],
    ["iris\n", "iris"],
    ["a".repeat(64), "a".repeat(63)],
    [`${"a".repeat(62)}-b`, "a".repeat(62)],
  ])("rejects %j and suggests %s", (text, suggestion) => {
    expect(caught(() => parseTag(text))).toEqual({
      code: "BENTO_INVALID_INPUT",
      message: `not a tag: ${JSON.stringify(text)}`,
      hint: `write it as name or name:version, each part 1 to 63 of a-z 0-9 . _ -, e.g. ${suggestion}`,
    });
  });

  it("suggests only what it would read itself", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), (text) => {
        const error = caught(() => parseTag(text));
        const suggestion = error?.hint?.split("e.g. ")[1];
        expect(suggestion === undefined || formatTag(parseTag(suggestion)) === suggestion).toBe(
          true,
        );
      }),
    );
  });
});

describe("formatTag", () => {
  const part = fc.stringMatching(TAG_PART);

  it("is the inverse of parseTag", () => {
    fc.assert(
      fc.property(part, fc.option(part, { nil: undefined }), (name, version) => {
        const tag = version === undefined ? { name } : { name, version };
        expect(parseTag(formatTag(tag))).toEqual(tag);
      }),
    );
  });
});

import { describe, expect, it } from "vitest";
import { digestOf } from "../../core/digest.ts";
import { formatImageLock, type ImageLock, parseImageLock } from "../../core/image-lock.ts";
import { caught } from "../support/caught.ts";

const LOCK: ImageLock = {
  schema: 1,
  bento: { tag: "iris:v1", digest: digestOf("bento") },
  image: {
    digest: digestOf("image"),
    platform: "linux/amd64",
    repository: "registry.example/team/iris",
  },
  base: { digest: digestOf("base") },
};

describe("formatImageLock", () => {
  it("is read back as it was, and ends in a line", () => {
    const text = formatImageLock(LOCK);
    expect(text.endsWith("}\n")).toBe(true);
    expect(parseImageLock(text, "bento.image.json")).toEqual(LOCK);
  });
});

describe("parseImageLock", () => {
  it.each([
    ["no JSON", "{", "document: "],
    [
      "a tag for a digest",
      formatImageLock(LOCK).replace(LOCK.image.digest, "v1"),
      "image.digest: ",
    ],
    ["another platform", formatImageLock(LOCK).replace("amd64", "riscv"), "image.platform: "],
  ])("refuses %s, naming the place", (_what, text, start) => {
    const error = caught(() => parseImageLock(text, "bento.image.json"));
    expect(error).toMatchObject({
      code: "BENTO_INVALID_INPUT",
      message: expect.stringMatching(new RegExp(`^${start}`)),
      where: "bento.image.json",
      hint: "write it with bento containerize TAG --lock bento.image.json",
    });
  });
});

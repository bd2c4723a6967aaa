import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { digestOf } from "../../core/digest.ts";
import { formatImageRef, parseImageRef } from "../../core/image-ref.ts";
import { caught } from "../support/caught.ts";

const DIGEST = digestOf("");

describe("parseImageRef", () => {
  it.each([
    ["debian", { registry: "docker.io", repository: "library/debian" }],
    ["debian:12", { registry: "docker.io", repository: "library/debian", tag: "12" }],
    ["docker.io/debian", { registry: "docker.io", repository: "library/debian" }],
    ["index.docker.io/debian", { registry: "docker.io", repository: "library/debian" }],
    ["team/iris", { registry: "docker.io", repository: "team/iris" }],
    ["localhost/iris", { registry: "localhost", repository: "iris" }],
    ["localhost:5000/iris:v1", { registry: "localhost:5000", repository: "iris", tag: "v1" }],
    ["[::1]:5000/iris", { registry: "[::1]:5000", repository: "iris" }],
    ["r.example/a/b__c/d-e.f", { registry: "r.example", repository: "a/b__c/d-e.f" }],
    [`r.example/a@${DIGEST}`, { registry: "r.example", repository: "a", digest: DIGEST }],
    [
      `r.example/a:V_1.x@${DIGEST}`,
      { registry: "r.example", repository: "a", tag: "V_1.x", digest: DIGEST },
    ],
  ])("reads %s", (text, ref) => {
    expect(parseImageRef(text)).toEqual(ref);
  });

  it.each([
    "",
    "Iris",
    "iris:",
    "iris:-v1",
    `iris:${"a".repeat(129)}`,
    "iris@sha256:abc",
    `iris@${DIGEST}@${DIGEST}`,
    "iris@",
    "r.example/",
    "r.example//iris",
    "r.example/iris/",
    "r.example/_iris",
    "https://r.example/iris",
    ":5000/iris",
    "r.example:port/iris",
    "a b.example/iris",
    "-r.example/iris",
    "../iris",
    "iris ",
    "iris\n",
  ])("rejects %j", (text) => {
    expect(caught(() => parseImageRef(text))).toEqual({
      code: "BENTO_INVALID_INPUT",
      message: `not an image reference: ${JSON.stringify(text)}`,
      hint: "write it as [host/]repository[:tag][@sha256:…], e.g. registry.example/team/iris:v1",
    });
  });
});

describe("formatImageRef", () => {
  it("is the inverse of parseImageRef", () => {
    const part = fc.stringMatching(/^[a-z0-9]{1,8}(?:[-_.][a-z0-9]{1,8})?$/);
    const reference = fc.record(
      {
        registry: fc.constantFrom("r.example", "localhost", "r.example:5000", "docker.io"),
        repository: fc.array(part, { minLength: 2, maxLength: 4 }).map((parts) => parts.join("/")),
        tag: fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}$/),
        digest: fc.uint8Array().map(digestOf),
      },
      { requiredKeys: ["registry", "repository"] },
    );
    fc.assert(
      fc.property(reference, (ref) => {
        expect(parseImageRef(formatImageRef(ref))).toEqual(ref);
      }),
    );
  });

  it("writes Docker's defaults out", () => {
    expect(formatImageRef(parseImageRef("debian:12"))).toBe("docker.io/library/debian:12");
  });
});

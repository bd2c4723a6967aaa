import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Digest, digestHex, digestOf, isDigest } from "../../core/digest.ts";

const EMPTY = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

describe("digestOf", () => {
  it("is sha256 of the bytes", () => {
    expect(digestOf(new Uint8Array())).toBe(EMPTY);
    expect(digestOf("abc")).toBe(
      "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    );
  });

  it("takes a text as UTF-8", () => {
    expect(digestOf("größe")).toBe(digestOf(new TextEncoder().encode("größe")));
  });

  it("takes only the part of the memory that a view shows", () => {
    const memory = new Uint8Array([9, 1, 2, 9]);
    expect(digestOf(memory.subarray(1, 3))).toBe(digestOf(new Uint8Array([1, 2])));
  });

  it("gives what isDigest and the schema take", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const digest = digestOf(bytes);
        expect([isDigest(digest), Digest.parse(digest), `sha256:${digestHex(digest)}`]).toEqual([
          true,
          digest,
          digest,
        ]);
      }),
    );
  });
});

describe("isDigest", () => {
  it.each([
    "",
    "sha256:",
    EMPTY.slice(0, -1),
    `${EMPTY}0`,
    `${EMPTY}\n`,
    EMPTY.toUpperCase(),
    EMPTY.replace("sha256", "sha512"),
    ` ${EMPTY}`,
  ])("says no to %j, as the schema does", (text) => {
    expect([isDigest(text), Digest.safeParse(text).success]).toEqual([false, false]);
  });
});

import { deflateRawSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { identifyCompressor } from "../../oci/compressor.ts";

describe("identifyCompressor", () => {
  it("knows the compressor of an official Node", () => {
    expect(identifyCompressor()).toEqual({ id: "zlib-chromium-1", isReference: true });
  });

  it("names another by what it makes", () => {
    const other = identifyCompressor((bytes) => deflateRawSync(bytes, { level: 1 }));
    expect(other.isReference).toBe(false);
    expect(other.id).toMatch(/^zlib-[0-9a-f]{12}$/);
    expect(other).toEqual(identifyCompressor((bytes) => deflateRawSync(bytes, { level: 1 })));
  });

  it("is given 64 KiB", () => {
    const lengths: number[] = [];
    identifyCompressor((bytes) => {
      lengths.push(bytes.length);
      return bytes;
    });
    expect(lengths).toEqual([65_536]);
  });
});

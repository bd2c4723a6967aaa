import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FLOAT16_OVERFLOW, fromFloat16Bits, toFloat16Bits } from "../../core/float16.ts";

describe("toFloat16Bits", () => {
  it.each([
    [0, 0x0000],
    [-0, 0x8000],
    [1, 0x3c00],
    [-2, 0xc000],
    [1.5, 0x3e00],
    [0.1, 0x2e66],
    [65_504, 0x7bff],
    [65_519.99, 0x7bff],
    [FLOAT16_OVERFLOW, 0x7c00],
    [Number.POSITIVE_INFINITY, 0x7c00],
    [Number.NEGATIVE_INFINITY, 0xfc00],
    [Number.NaN, 0x7e00],
    [2 ** -14, 0x0400],
    [2 ** -24, 0x0001],
    [2 ** -25, 0x0000],
    [2 ** -25 * 1.01, 0x0001],
    [-(2 ** -24), 0x8001],
  ])("writes %d", (value, bits) => {
    expect(toFloat16Bits(value)).toBe(bits);
  });

  it("rounds a number half-way between two to the even one", () => {
    expect([1 + 2 ** -11, 1 + 3 * 2 ** -11].map(toFloat16Bits)).toEqual([0x3c00, 0x3c02]);
  });

  it("is the inverse of fromFloat16Bits for every number that there is", () => {
    const changed: number[] = [];
    for (let bits = 0; bits < 65_536; bits += 1) {
      const value = fromFloat16Bits(bits);
      if (!Number.isNaN(value) && toFloat16Bits(value) !== bits) {
        changed.push(bits);
      }
    }
    expect(changed).toEqual([]);
  });

  it("takes the nearest half", () => {
    fc.assert(
      fc.property(fc.double({ min: -65_504, max: 65_504, noNaN: true }), (value) => {
        const bits = toFloat16Bits(value);
        const error = Math.abs(fromFloat16Bits(bits) - value);
        const others = [bits - 1, bits + 1].map((near) => Math.abs(fromFloat16Bits(near) - value));
        expect(others.every((other) => Number.isNaN(other) || error <= other)).toBe(true);
      }),
    );
  });
});

describe("fromFloat16Bits", () => {
  it.each([
    [0x3555, 0.333251953125],
    [0x7c00, Number.POSITIVE_INFINITY],
    [0x7e00, Number.NaN],
    [0x03ff, 1023 * 2 ** -24],
  ])("reads %d", (bits, value) => {
    expect(fromFloat16Bits(bits)).toBe(value);
  });
});

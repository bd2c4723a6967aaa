import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalJson } from "../../core/canonical-json.ts";
import { caught } from "../support/caught.ts";

describe("canonicalJson", () => {
  it("sorts keys by code unit at every level", () => {
    expect(canonicalJson({ b: [{ z: 1, Z: 2 }], a: { é: 1, e: 2 } })).toBe(
      '{"a":{"e":2,"é":1},"b":[{"Z":2,"z":1}]}',
    );
  });

  it("sorts keys that look like numbers as texts, among the others", () => {
    expect(canonicalJson({ "2": 0, "10": 0, "-": 0, a: 0 })).toBe('{"-":0,"10":0,"2":0,"a":0}');
  });

  it("leaves out undefined properties and keeps null", () => {
    expect(canonicalJson({ a: undefined, b: null })).toBe('{"b":null}');
  });

  it("keeps a key called __proto__", () => {
    expect(canonicalJson(JSON.parse('{"__proto__":1}'))).toBe('{"__proto__":1}');
  });

  it("writes indented lines for people", () => {
    expect(canonicalJson({ b: [1, { c: 2 }], a: [], d: {} }, 2)).toMatchInlineSnapshot(`
      "{
        "a": [],
        "b": [
          1,
          {
            "c": 2
          }
        ],
        "d": {}
      }"
    `);
  });

  it("reads back as the same value", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.nat(4), (value, indent) => {
        // JSON itself has no minus zero
        const plain: unknown = JSON.parse(JSON.stringify(value));
        expect(JSON.parse(canonicalJson(value, indent))).toEqual(plain);
      }),
    );
  });

  it("writes the same bytes whatever the order of the keys", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const reversed = Object.fromEntries(Object.entries(value).reverse());
        expect(canonicalJson(reversed)).toBe(canonicalJson(value));
      }),
    );
  });

  it("indents as JSON.stringify does", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.nat(4), (value, indent) => {
        const sorted: unknown = JSON.parse(canonicalJson(value));
        const hasNumberKeys = /"\d+":/.test(canonicalJson(value));
        fc.pre(!hasNumberKeys);
        expect(canonicalJson(value, indent)).toBe(JSON.stringify(sorted, undefined, indent));
      }),
    );
  });

  it.each([
    [Number.NaN, "NaN"],
    [Number.POSITIVE_INFINITY, "Infinity"],
    [undefined, "undefined"],
    [10n, "10"],
    [Symbol("a"), "Symbol(a)"],
    [new Date(0), "[object Date]"],
    [new Map(), "[object Map]"],
    [new Uint8Array(1), "[object Uint8Array]"],
  ])("refuses %s, which JSON would lose in silence", (value, name) => {
    const error = { code: "BENTO_BUG", message: `no JSON stands for ${name}` };
    expect(caught(() => canonicalJson([value]))).toEqual(error);
    expect(caught(() => canonicalJson(value, 2))).toEqual(error);
  });
});

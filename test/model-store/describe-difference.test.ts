import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalJson } from "../../core/canonical-json.ts";
import { describeDifference } from "../../model-store/describe-difference.ts";

describe("describeDifference", () => {
  it("says what is added, removed and changed, by property", () => {
    const stored = { a: 1, b: { c: "x", d: [1, 2] }, files: [{ path: "m.onnx", size: 1 }] };
    const given = { b: { c: "y", d: [2, 1] }, e: null, files: [{ path: "n.onnx", size: 1 }] };
    expect(describeDifference(stored, given)).toEqual([
      "a: 1 in the store, absent here",
      'b.c: "x" in the store, "y" here',
      "b.d: [1,2] in the store, [2,1] here",
      "e: absent in the store, null here",
      'files[m.onnx].path: "m.onnx" in the store, absent here',
      "files[m.onnx].size: 1 in the store, absent here",
      'files[n.onnx].path: absent in the store, "n.onnx" here',
      "files[n.onnx].size: absent in the store, 1 here",
    ]);
  });

  it("cuts long values", () => {
    const [line] = describeDifference({ a: "x".repeat(500) }, {});
    expect(line).toBe(`a: "${"x".repeat(59)}… in the store, absent here`);
  });

  it("does not miss another order or an empty object", () => {
    const [a, b] = [{ name: "a" }, { name: "b" }];
    expect(describeDifference({ inputs: [a, b] }, { inputs: [b, a] })).toEqual([
      "only the order of a list, or something empty",
    ]);
    expect(describeDifference({ docker: {} }, { docker: { env: {} } })).toEqual([
      "only the order of a list, or something empty",
    ]);
  });

  it("finds a difference exactly where the documents differ", () => {
    const value = fc.dictionary(
      fc.stringMatching(/^[a-z]{1,3}$/),
      fc.oneof(
        fc.integer(),
        fc.string(),
        fc.array(fc.nat(3)),
        fc.dictionary(fc.constant("k"), fc.nat(2)),
      ),
    );
    fc.assert(
      fc.property(value, value, (a, b) => {
        const isSame = canonicalJson(a) === canonicalJson(b);
        expect(describeDifference(a, b).length === 0).toBe(isSame);
      }),
    );
  });
});

import { describe, expect, it } from "vitest";
import { formatTensorSpec, type TensorSpec as Spec } from "../../core/tensor-spec.ts";
import { TensorSpec } from "../../core/tensor-spec-schema.ts";

const FEATURES: Spec = { name: "X", dtype: "float32", dims: ["n", 4] };

describe("TensorSpec", () => {
  it.each<Spec>([
    FEATURES,
    { name: "label", dtype: "string", dims: [] },
    { name: "mask", dtype: "bool", dims: ["?", 0] },
  ])("takes %j", (spec) => {
    expect(TensorSpec.parse(spec)).toEqual(spec);
  });

  it.each([
    ["an empty name", { ...FEATURES, name: "" }],
    ["an unknown element type", { ...FEATURES, dtype: "float" }],
    ["a negative length", { ...FEATURES, dims: [-1] }],
    ["a length that is not whole", { ...FEATURES, dims: [1.5] }],
    ["another key", { ...FEATURES, shape: [1] }],
  ])("rejects %s", (_, spec) => {
    expect(TensorSpec.safeParse(spec).success).toBe(false);
  });
});

describe("formatTensorSpec", () => {
  it.each<[Spec, string]>([
    [FEATURES, "X: float32 [n, 4]"],
    [{ name: "y", dtype: "int64", dims: [] }, "y: int64 []"],
  ])("writes %j as %s", (spec, text) => {
    expect(formatTensorSpec(spec)).toBe(text);
  });
});

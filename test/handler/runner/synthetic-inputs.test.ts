import { describe, expect, it } from "vitest";
import { tensor } from "../../../core/tensor.ts";
import type { TensorSpec } from "../../../core/tensor-spec.ts";
import { syntheticInputs, unknownInput } from "../../../handler/runner/synthetic-inputs.ts";

const spec = (...inputs: TensorSpec[]) => ({ inputs, outputs: [] });
const tokens = { name: "ids", dtype: "int64" as const, dims: ["n", "length"] };
const padding = { axis: 1 as const, values: { ids: 0 } };

describe("syntheticInputs", () => {
  it("makes rows of small numbers, the same ones always", () => {
    const pixels = { name: "X", dtype: "float32" as const, dims: ["n", 3] };
    const made = syntheticInputs(spec(pixels), 2);
    expect(made).toEqual(syntheticInputs(spec(pixels), 2));
    expect(made["X"]).toEqual(
      tensor(
        "float32",
        [2, 3],
        [0, 7, 3, 10, 6, 2].map((n) => n / 11),
      ),
    );
  });

  it("keeps fixed axes, and makes integers 0", () => {
    const fixed = { name: "X", dtype: "int32" as const, dims: [1, 2] };
    expect(syntheticInputs(spec(fixed), 9)).toEqual({ X: tensor("int32", [1, 2], [0, 0]) });
  });

  it("makes padded inputs 16 long, of ones", () => {
    const ones = tensor("int64", [2, 16], new Array<number>(32).fill(1));
    expect(syntheticInputs(spec(tokens), 2, padding)).toEqual({ ids: ones });
  });
});

describe("unknownInput", () => {
  it.each([
    ["fixed axes", spec({ name: "X", dtype: "float32", dims: ["n", 4] }), undefined],
    ["texts", spec({ name: "X", dtype: "string", dims: ["n"] }), "input X takes texts"],
    [
      "an axis of open length",
      spec({ name: "X", dtype: "float32", dims: ["n", 3, "height"] }),
      "input X leaves the length of axis 2 open",
    ],
    ["tokens", spec(tokens), "input ids leaves the length of axis 1 open"],
  ])("says of %s what is unknown", (_, graph, why) => {
    expect(unknownInput(graph)).toBe(why);
  });

  it("knows the length of padded axes, and of others of the same name", () => {
    const mask = { name: "mask", dtype: "float32" as const, dims: ["n", "length"] };
    expect(unknownInput(spec(tokens, mask), padding)).toBe(undefined);
  });
});

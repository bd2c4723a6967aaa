import { describe, expect, it } from "vitest";
import { type Tensor, tensor } from "../../../core/tensor.ts";
import { checkInputs } from "../../../handler/runner/check-inputs.ts";
import type { Tensors } from "../../../handler/runner/onnx-session.ts";

const SPEC = {
  inputs: [
    { name: "pixels", dtype: "float32" as const, dims: ["n", 4] },
    { name: "ids", dtype: "int64" as const, dims: ["n"] },
  ],
  outputs: [],
};
const pixels = tensor("float32", [2, 4], new Float32Array(8));
const ids = tensor("int64", [2], [1, 2]);
const broken = (parts: object): Tensor => ({ ...pixels, ...parts }) as Tensor;

const check = (inputs: Tensors) =>
  checkInputs(inputs, SPEC, { isBatchable: true, subject: "model digits" });

describe("checkInputs", () => {
  it("takes what the graph declares", () => {
    expect(() => check({ pixels, ids })).not.toThrow();
  });

  it.each<[string, Tensors, string]>([
    [
      "a misspelt name",
      { pixel: pixels, ids },
      'no input is called "pixel"; did you mean "pixels"?\ninput "pixels" is missing: expected pixels: float32 [n, 4]',
    ],
    ["an unknown name", { pixels, ids, temperature: ids }, 'no input is called "temperature"'],
    [
      "plain numbers",
      { pixels: [1, 2] as never, ids },
      'input "pixels": expected a tensor, made by tensor("float32", dims, data)',
    ],
    [
      "another dtype",
      { pixels: tensor("float64", [2, 4], new Float64Array(8)), ids },
      'input "pixels": expected float32, got float64',
    ],
    [
      "another number of axes",
      { pixels: tensor("float32", [8], new Float32Array(8)), ids },
      'input "pixels": expected 2 axes [n, 4], got [8]',
    ],
    [
      "another fixed length",
      { pixels: tensor("float32", [2, 3], new Float32Array(6)), ids },
      'input "pixels": expected shape [n, 4], got [2, 3]',
    ],
    [
      "data that is too short",
      { pixels: broken({ data: new Float32Array(7) }), ids },
      'input "pixels": shape [2, 4] has 8 elements, the data 7',
    ],
    [
      "data in another array",
      { pixels: broken({ data: new Float64Array(8) }), ids },
      'input "pixels": float32 is held in Float32Array, got Float64Array',
    ],
    [
      "unequal rows",
      { pixels, ids: tensor("int64", [3], [1, 2, 3]) },
      "all inputs need the same number of rows: pixels has 2, ids has 3",
    ],
    [
      "several problems at once",
      { pixels: tensor("float32", [2, 3], new Float32Array(6)), ids: tensor("int32", [2], [1, 2]) },
      'input "pixels": expected shape [n, 4], got [2, 3]\ninput "ids": expected int64, got int32',
    ],
  ])("refuses %s", (_, inputs, message) => {
    expect(() => check(inputs)).toThrow(
      expect.objectContaining({
        code: "BENTO_INVALID_INPUT",
        message,
        where: "model digits",
        hint: "it takes pixels: float32 [n, 4]; ids: int64 [n]",
      }),
    );
  });
});

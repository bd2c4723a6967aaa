import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  allocateCells,
  concatRows,
  type Dtype,
  pairTensor,
  rowLength,
  sliceRows,
  type Tensor,
  tensor,
} from "../../core/tensor.ts";
import { DTYPES } from "../../core/tensor-spec.ts";
import { caught } from "../support/caught.ts";

describe("tensor", () => {
  it("keeps the array that it is given", () => {
    const data = new Float32Array([1, 2, 3, 4]);
    const made = tensor("float32", [2, 2], data);
    expect(made).toEqual({ dtype: "float32", dims: [2, 2], data });
    expect(made.data).toBe(data);
  });

  it.each<[Dtype, unknown]>([
    ["float32", new Float32Array([0, 1])],
    ["float64", new Float64Array([0, 1])],
    ["float16", new Uint16Array([0, 0x3c00])],
    ["int8", new Int8Array([0, 1])],
    ["int16", new Int16Array([0, 1])],
    ["int32", new Int32Array([0, 1])],
    ["int64", new BigInt64Array([0n, 1n])],
    ["uint8", new Uint8Array([0, 1])],
    ["uint16", new Uint16Array([0, 1])],
    ["uint32", new Uint32Array([0, 1])],
    ["uint64", new BigUint64Array([0n, 1n])],
    ["bool", new Uint8Array([0, 1])],
  ])("converts plain numbers to %s", (dtype, data) => {
    expect(tensor(dtype, [2], [0, 1]).data).toEqual(data);
  });

  it("keeps a list of texts", () => {
    const data = ["a", "b"];
    expect(tensor("string", [2], data).data).toBe(data);
  });

  it("takes NaN and infinities of a float type, for models that read them as missing", () => {
    const values = [Number.NaN, Number.POSITIVE_INFINITY];
    expect(tensor("float32", [2], values).data).toEqual(new Float32Array(values));
    expect(tensor("float16", [2], values).data).toEqual(new Uint16Array([0x7e00, 0x7c00]));
  });

  it.each<[string, number[], number]>([
    ["a scalar", [], 1],
    ["no rows", [0, 4], 0],
    ["three axes", [1, 2, 3], 6],
  ])("makes %s", (_, dims, length) => {
    const { data } = tensor("float32", dims, new Float32Array(length));
    expect(data).toHaveLength(length);
  });

  it.each<[Dtype, number[], unknown, string]>([
    [
      "float32",
      [2, 2],
      new Float32Array(3),
      "expected 4 elements for a float32 tensor [2, 2], got 3",
    ],
    ["float32", [], [], "expected 1 elements for a float32 tensor [], got 0"],
    [
      "float32",
      [-2, -2],
      [1, 2, 3, 4],
      "expected whole numbers from 0 for the axes of a tensor, got -2 in [-2, -2]",
    ],
    [
      "float32",
      [0.5, 4],
      [1, 2],
      "expected whole numbers from 0 for the axes of a tensor, got 0.5 in [0.5, 4]",
    ],
    [
      "float32",
      [Number.NaN],
      [],
      "expected whole numbers from 0 for the axes of a tensor, got NaN in [NaN]",
    ],
    ["float32", [1], new Float64Array(1), "expected Float32Array for float32, got Float64Array"],
    ["float16", [1], new Float32Array(1), "expected Uint16Array for float16, got Float32Array"],
    ["string", [1], new Uint8Array(1), "expected Array for string, got Uint8Array"],
    ["int8", [2], [0, 300], "element 1: expected an int8 from -128 to 127, got 300"],
    ["uint8", [1], [-1], "element 0: expected a uint8 from 0 to 255, got -1"],
    ["int32", [1], [1.5], "element 0: expected an int32 from -2147483648 to 2147483647, got 1.5"],
    [
      "int64",
      [1],
      [2 ** 53],
      "element 0: expected an int64 from -9007199254740991 to 9007199254740991, got 9007199254740992",
    ],
    [
      "int64",
      [1],
      [Number.NaN],
      "element 0: expected an int64 from -9007199254740991 to 9007199254740991, got NaN",
    ],
    ["float32", [1], [1e39], "element 0: expected a number that fits into float32, got 1e+39"],
    ["float16", [1], [65_520], "element 0: expected a number that fits into float16, got 65520"],
    ["float64", [1], ["1"], 'element 0: expected a number, got "1"'],
    ["bool", [1], [2], "element 0: expected 0 or 1, got 2"],
    ["string", [2], ["a", 1], "element 1: expected a string, got 1"],
  ])("rejects %s %j of %j", (dtype, dims, data, message) => {
    expect(caught(() => tensor(dtype, dims, data as never))).toEqual({
      code: "BENTO_INVALID_INPUT",
      message,
    });
  });
});

describe("allocateCells", () => {
  it.each(DTYPES)("makes empty cells of %s", (dtype) => {
    const cells = allocateCells(dtype, 2);
    expect([cells.length, String(cells[0])]).toEqual([2, dtype === "string" ? "" : "0"]);
  });
});

describe("rowLength", () => {
  it.each<[number[], number]>([
    [[5], 1],
    [[5, 4], 4],
    [[5, 4, 3], 12],
    [[5, 0], 0],
    [[], 1],
  ])("of %j is %d", (dims, length) => {
    expect(rowLength(dims)).toBe(length);
  });
});

describe("sliceRows", () => {
  it("views the same memory", () => {
    const whole = tensor("float32", [3, 2], [1, 2, 3, 4, 5, 6]);
    const part = sliceRows(whole, 1, 3);
    expect(part).toEqual(tensor("float32", [2, 2], [3, 4, 5, 6]));
    expect(part.data.buffer).toBe(whole.data.buffer);
  });

  it("copies texts", () => {
    const whole = tensor("string", [3], ["a", "b", "c"]);
    expect(sliceRows(whole, 0, 2)).toEqual(tensor("string", [2], ["a", "b"]));
  });

  it("gives no rows where from is to", () => {
    const whole = tensor("int8", [2, 2], [1, 2, 3, 4]);
    expect(sliceRows(whole, 2, 2)).toEqual(tensor("int8", [0, 2], []));
  });

  it.each([
    [-1, 1],
    [2, 1],
    [0, 3],
  ])("rejects rows %d to %d of two", (from, to) => {
    const whole = tensor("int8", [2, 1], [1, 2]);
    expect(caught(() => sliceRows(whole, from, to))).toEqual({
      code: "BENTO_BUG",
      message: `no rows ${from} to ${to} in int8 [2, 1]`,
    });
  });
});

describe("concatRows", () => {
  it("joins in order, into fresh memory", () => {
    const one = tensor("int64", [1, 2], [1, 2]);
    const two = tensor("int64", [2, 2], [3, 4, 5, 6]);
    const joined = concatRows([one, two]);
    expect(joined).toEqual(tensor("int64", [3, 2], [1, 2, 3, 4, 5, 6]));
    expect(joined.data.buffer).not.toBe(one.data.buffer);
  });

  it("returns one tensor alone as it is", () => {
    const only = tensor("int8", [1], [1]);
    expect(concatRows([only])).toBe(only);
  });

  it.each<[Tensor, Tensor, string]>([
    [
      tensor("int8", [1, 2], [1, 2]),
      tensor("int8", [1, 3], [1, 2, 3]),
      "int8 [1, 2] and int8 [1, 3]",
    ],
    [tensor("int8", [1], [1]), tensor("uint8", [1], [1]), "int8 [1] and uint8 [1]"],
    [tensor("int8", [1], [1]), tensor("int8", [], [1]), "int8 [1] and int8 []"],
    [tensor("int8", [], [1]), tensor("int8", [], [1]), "int8 [] and int8 []"],
  ])("rejects %j with %j", (one, other, shapes) => {
    expect(caught(() => concatRows([one, other]))).toEqual({
      code: "BENTO_INVALID_INPUT",
      message: `rows of different shapes cannot share a batch: ${shapes}`,
    });
  });

  it("rejects an empty list", () => {
    expect(caught(() => concatRows([]))).toEqual({
      code: "BENTO_BUG",
      message: "no tensors to join",
    });
  });

  it("puts together again what sliceRows cut", () => {
    const dtype = fc.constantFrom<Dtype>("float32", "int64", "string", "bool");
    fc.assert(
      fc.property(dtype, fc.nat(6), fc.nat(3), fc.nat(), (kind, rows, width, seed) => {
        const data = allocateCells(kind, rows * width);
        for (const index of data.keys()) {
          const bit = (seed + index) % 2;
          const cell = kind === "string" ? `t${index}` : kind === "int64" ? BigInt(index) : bit;
          (data as unknown[])[index] = cell;
        }
        const whole: Tensor = pairTensor(kind, [rows, width], data);
        const cut = rows === 0 ? 0 : seed % (rows + 1);
        expect(concatRows([sliceRows(whole, 0, cut), sliceRows(whole, cut, rows)])).toEqual(whole);
      }),
    );
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { io } from "../../core/io.ts";
import { type Dtype, type Tensor, tensor } from "../../core/tensor.ts";
import { DTYPES } from "../../core/tensor-spec.ts";

/** The problems of a value that must not pass, as `path: message` lines. */
function problemsOf(result: z.ZodSafeParseResult<unknown>): string[] {
  return (result.error?.issues ?? []).map((issue) => `[${issue.path.join(", ")}] ${issue.message}`);
}

function decodeProblems(schema: z.ZodType, value: unknown): string[] {
  return problemsOf(z.safeDecode(schema, value as never));
}

function encodeProblems(schema: z.ZodType, value: unknown): string[] {
  return problemsOf(z.safeEncode(schema, value as never));
}

describe("io.tensor reads", () => {
  it.each<[Dtype, unknown[], Tensor]>([
    ["float32", [0.5, -1], tensor("float32", [2], [0.5, -1])],
    ["float64", [1e300], tensor("float64", [1], [1e300])],
    ["float16", [1.5, -2], tensor("float16", [2], new Uint16Array([0x3e00, 0xc000]))],
    ["int8", [-128, 127], tensor("int8", [2], [-128, 127])],
    ["int16", [-32_768, 32_767], tensor("int16", [2], [-32_768, 32_767])],
    ["int32", [-(2 ** 31), 2 ** 31 - 1], tensor("int32", [2], [-(2 ** 31), 2 ** 31 - 1])],
    ["int64", [-5, 2 ** 53 - 1], tensor("int64", [2], new BigInt64Array([-5n, 2n ** 53n - 1n]))],
    ["uint8", [0, 255], tensor("uint8", [2], [0, 255])],
    ["uint16", [65_535], tensor("uint16", [1], [65_535])],
    ["uint32", [2 ** 32 - 1], tensor("uint32", [1], [2 ** 32 - 1])],
    ["uint64", [7], tensor("uint64", [1], new BigUint64Array([7n]))],
    ["bool", [true, false], tensor("bool", [2], [1, 0])],
    ["string", ["a", ""], tensor("string", [2], ["a", ""])],
  ])("%s", (dtype, nested, whole) => {
    const schema: z.ZodType = io.tensor(dtype, ["n"]);
    expect(z.decode(schema, nested as never)).toEqual(whole);
    expect(z.encode(schema, whole)).toEqual(nested);
  });

  it.each<[(string | number)[], unknown, number[]]>([
    [["n", 4], [[1, 2, 3, 4]], [1, 4]],
    [["n", 4], [], [0, 4]],
    [["n", "m"], [], [0, 0]],
    [["n", "n"], [], [0, 0]],
    [
      ["n", "m", 2],
      [[], []],
      [2, 0, 2],
    ],
    [
      ["n", "n"],
      [
        [1, 2],
        [3, 4],
      ],
      [2, 2],
    ],
    [["?", "?"], [[1, 2]], [1, 2]],
    [
      [1, 2, 2],
      [
        [
          [1, 2],
          [3, 4],
        ],
      ],
      [1, 2, 2],
    ],
  ])("%j from %j as %j", (dims, nested, expected) => {
    expect(io.tensor("float32", dims).decode(nested as never).dims).toEqual(expected);
  });
});

describe("io.tensor rejects", () => {
  const matrix = io.tensor("float32", ["n", 3]);

  it.each<[string, unknown, string[]]>([
    ["a number", 5, ["[] expected nested lists of float32 [n, 3], got 5"]],
    ["nothing", undefined, ["[] expected nested lists of float32 [n, 3], got nothing"]],
    ["a text", "1,2,3", ['[] expected nested lists of float32 [n, 3], got "1,2,3"']],
    ["an object", { a: 1 }, ['[] expected nested lists of float32 [n, 3], got {"a":1}']],
    [
      "too few axes",
      [1, 2],
      ["[0] expected a list of 3, got 1", "[1] expected a list of 3, got 2"],
    ],
    ["too many axes", [[1, 2, [3]]], ["[0, 2] expected a number, got [3]"]],
    ["a short row", [[1, 2]], ["[0] expected a list of 3, got a list of 2"]],
    ["a ragged row", [[1, 2, 3], [4]], ["[1] expected a list of 3, got a list of 1"]],
    ["a row that is null", [[1, 2, 3], null], ["[1] expected a list of 3, got null"]],
    [
      "every wrong cell",
      [
        [1, "2", 3],
        [null, Number.NaN, Number.POSITIVE_INFINITY],
      ],
      [
        '[0, 1] expected a number, got "2"',
        "[1, 0] expected a number, got null",
        "[1, 1] expected a finite number, got NaN",
        "[1, 2] expected a finite number, got Infinity",
      ],
    ],
    [
      "what float32 cannot hold",
      [[1e39, 0, 0]],
      ["[0, 0] expected a number that fits into float32, got 1e+39"],
    ],
  ])("%s", (_, value, problems) => {
    expect(decodeProblems(matrix, value)).toEqual(problems);
  });

  it.each<[Dtype, unknown, string]>([
    ["int8", 128, "expected an int8 from -128 to 127, got 128"],
    ["int16", -32_769, "expected an int16 from -32768 to 32767, got -32769"],
    ["int32", 0.5, "expected an int32 from -2147483648 to 2147483647, got 0.5"],
    [
      "int64",
      2 ** 53,
      "expected an int64 from -9007199254740991 to 9007199254740991, got 9007199254740992",
    ],
    ["uint8", -1, "expected a uint8 from 0 to 255, got -1"],
    ["uint16", 65_536, "expected a uint16 from 0 to 65535, got 65536"],
    ["uint32", Number.NaN, "expected a uint32 from 0 to 4294967295, got NaN"],
    ["uint64", -1, "expected a uint64 from 0 to 9007199254740991, got -1"],
    ["float16", -65_520, "expected a number that fits into float16, got -65520"],
    ["bool", 1, "expected a boolean, got 1"],
    ["string", 1, "expected a string, got 1"],
    [
      "string",
      "a\ud800",
      'expected a text that is whole in Unicode, got "a\\ud800" with half of a surrogate pair',
    ],
    ["float64", true, "expected a number, got true"],
  ])("of %s the value %j", (dtype, value, message) => {
    expect(decodeProblems(io.tensor(dtype, ["n"]), [value])).toEqual([`[0] ${message}`]);
  });

  it("axes of one name and two lengths", () => {
    expect(decodeProblems(io.tensor("float32", ["n", "n"]), [[1], [2]])).toEqual([
      "[0] expected a list of 2, got a list of 1",
      "[1] expected a list of 2, got a list of 1",
    ]);
  });

  it("a first axis of another length", () => {
    expect(decodeProblems(io.tensor("float32", [2]), [1, 2, 3])).toEqual([
      "[] expected a list of 2, got a list of 3",
    ]);
  });

  it("a row of which there is no telling the length", () => {
    expect(decodeProblems(io.tensor("float32", ["n", "m"]), [1, [2]])).toEqual([
      "[0] expected a list, got 1",
    ]);
  });

  it("no more than 20 cells or rows", () => {
    const cells = io.tensor("float32", ["n"]);
    const problems = decodeProblems(cells, new Array(1000).fill("x"));
    expect(problems).toEqual(
      Array.from({ length: 20 }, (_, index) => `[${index}] expected a number, got "x"`),
    );
    expect(decodeProblems(matrix, new Array(1000).fill([]))).toHaveLength(20);
  });

  it("rows that would ask for more memory than was sent", () => {
    const rows = [new Array(200_000).fill(0), ...new Array(200_000).fill([])];
    const problems = decodeProblems(io.tensor("float64", ["n", "m"]), rows);
    expect(problems.slice(0, 1)).toEqual(["[1] expected a list of 200000, got a list of 0"]);
  });

  it("a huge value with a short message", () => {
    const problems = decodeProblems(io.tensor("float32", ["n"]), ["x".repeat(1e6)]);
    expect(problems).toEqual([
      `[0] expected a number, got "${"x".repeat(60)}"… (1000000 characters)`,
    ]);
  });
});

describe("io.tensor writes", () => {
  const matrix = io.tensor("float32", ["n", 2]);

  it("nested lists", () => {
    expect(matrix.encode(tensor("float32", [2, 2], [1, 2, 3, 4]))).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  it("any set byte of a bool as true", () => {
    expect(io.tensor("bool", ["n"]).encode(tensor("bool", [2], new Uint8Array([0, 255])))).toEqual([
      false,
      true,
    ]);
  });

  it.each<[string, unknown, string[]]>([
    ["a list", [[1, 2]], ["[] expected a tensor float32 [n, 2], got [[…]]"]],
    ["nothing", undefined, ["[] expected a tensor float32 [n, 2], got nothing"]],
    [
      "another width",
      tensor("float32", [1, 3], [1, 2, 3]),
      ["[] expected float32 [n, 2], got float32 [1, 3] of 3 elements"],
    ],
    [
      "another number of axes",
      tensor("float32", [2], [1, 2]),
      ["[] expected float32 [n, 2], got float32 [2] of 2 elements"],
    ],
    [
      "another element type",
      tensor("float64", [1, 2], [1, 2]),
      ["[] expected float32 [n, 2], got float64 [1, 2] of 2 elements"],
    ],
    [
      "dims that are not the data's",
      { dtype: "float32", dims: [3, 2], data: new Float32Array(2) },
      ["[] expected float32 [n, 2], got float32 [3, 2] of 2 elements"],
    ],
    [
      "what JSON has no number for",
      tensor("float32", [2, 2], [1, Number.NaN, 3, Number.NEGATIVE_INFINITY]),
      [
        "[0, 1] expected a finite number, got NaN",
        "[1, 1] expected a finite number, got -Infinity",
      ],
    ],
  ])("no answer from %s", (_, value, problems) => {
    expect(encodeProblems(matrix, value)).toEqual(problems);
  });

  it("no 64-bit integer whose last digits JSON would lose", () => {
    const whole = tensor("int64", [1], new BigInt64Array([2n ** 53n]));
    expect(encodeProblems(io.tensor("int64", ["n"]), whole)).toEqual([
      "[0] expected an int64 from -9007199254740991 to 9007199254740991, got 9007199254740992",
    ]);
  });

  it("axes of one name only with one length", () => {
    const square = io.tensor("int8", ["n", "n"]);
    expect(encodeProblems(square, tensor("int8", [1, 2], [1, 2]))).toEqual([
      "[] expected int8 [n, n], got int8 [1, 2] of 2 elements",
    ]);
  });

  it("a path within the whole answer", () => {
    const answer = z.object({ scores: z.array(matrix) });
    const whole = tensor("float32", [1, 2], [Number.NaN, 0]);
    expect(encodeProblems(answer, { scores: [whole] })).toEqual([
      "[scores, 0, 0, 0] expected a finite number, got NaN",
    ]);
  });
});

describe("io.tensor", () => {
  it("reads what it writes", () => {
    const element: Record<Dtype, fc.Arbitrary<unknown>> = {
      float32: fc.float({ noNaN: true, noDefaultInfinity: true }),
      float64: fc.double({ noNaN: true, noDefaultInfinity: true }),
      float16: fc.integer({ min: -2048, max: 2048 }),
      int8: fc.integer({ min: -128, max: 127 }),
      int16: fc.integer({ min: -32_768, max: 32_767 }),
      int32: fc.integer(),
      int64: fc.maxSafeInteger(),
      uint8: fc.nat(255),
      uint16: fc.nat(65_535),
      uint32: fc.nat(2 ** 31 - 1),
      uint64: fc.maxSafeNat(),
      bool: fc.boolean(),
      string: fc.string({ unit: "binary" }),
    };
    const dims = fc.array(fc.nat(3), { minLength: 1, maxLength: 3 });
    const sample = fc
      .tuple(fc.constantFrom(...DTYPES), dims)
      .chain(([dtype, lengths]) => fc.tuple(fc.constant(dtype), nestedOf(element[dtype], lengths)));
    fc.assert(
      fc.property(sample, ([dtype, { nested, lengths }]) => {
        const schema: z.ZodType = io.tensor(dtype, lengths);
        const whole = z.decode(schema, nested as never);
        expect(whole).toMatchObject({ dtype, dims: lengths });
        // the wire is JSON, which has no minus zero
        expect(JSON.stringify(z.encode(schema, whole))).toBe(JSON.stringify(nested));
        expect(z.decode(schema, z.encode(schema, whole) as never)).toEqual(whole);
      }),
    );
  });
});

function nestedOf(
  element: fc.Arbitrary<unknown>,
  dims: readonly number[],
): fc.Arbitrary<{ nested: unknown; lengths: readonly number[] }> {
  const nested = dims.reduceRight<fc.Arbitrary<unknown>>(
    (item, length) => fc.array(item, { minLength: length, maxLength: length }),
    element,
  );
  return nested.map((value) => ({ nested: value, lengths: dims }));
}

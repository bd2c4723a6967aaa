import { describe, expect, it } from "vitest";
import * as z from "zod";
import { io, tensorShapeOf } from "../../core/io.ts";
import { DTYPES } from "../../core/tensor-spec.ts";
import { caught } from "../support/caught.ts";

describe("io.tensor", () => {
  it("describes itself in JSON Schema", () => {
    const schema = z.object({
      pixels: io.tensor("uint8", ["n", 28, 28]).describe("Grey values."),
      names: io.tensor("string", ["n"]),
      mask: io.tensor("bool", [2]),
      scores: io.tensor("float32", ["n"]),
    });
    expect(z.toJSONSchema(schema, { io: "input" })).toMatchInlineSnapshot(`
      {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "properties": {
          "mask": {
            "dtype": "bool",
            "format": "tensor",
            "items": {
              "type": "boolean",
            },
            "maxItems": 2,
            "minItems": 2,
            "shape": [
              2,
            ],
            "type": "array",
          },
          "names": {
            "dtype": "string",
            "format": "tensor",
            "items": {
              "type": "string",
            },
            "shape": [
              "n",
            ],
            "type": "array",
          },
          "pixels": {
            "description": "Grey values.",
            "dtype": "uint8",
            "format": "tensor",
            "items": {
              "items": {
                "items": {
                  "type": "integer",
                },
                "maxItems": 28,
                "minItems": 28,
                "type": "array",
              },
              "maxItems": 28,
              "minItems": 28,
              "type": "array",
            },
            "shape": [
              "n",
              28,
              28,
            ],
            "type": "array",
          },
          "scores": {
            "dtype": "float32",
            "format": "tensor",
            "items": {
              "type": "number",
            },
            "shape": [
              "n",
            ],
            "type": "array",
          },
        },
        "required": [
          "pixels",
          "names",
          "mask",
          "scores",
        ],
        "type": "object",
      }
    `);
  });

  it.each(["input", "output"] as const)("has a JSON Schema with io %s", (direction) => {
    expect(z.toJSONSchema(io.tensor("int32", ["n"]), { io: direction })).toMatchObject({
      type: "array",
      items: { type: "integer" },
    });
  });

  it.each<[unknown, unknown, string]>([
    ["float23", ["n"], 'io.tensor: unknown element type "float23"; did you mean float32?'],
    ["number", ["n"], `io.tensor: unknown element type "number"; one of ${DTYPES.join(", ")}`],
    ["float32", [], 'io.tensor: expected at least one axis, e.g. ["n", 4], got []'],
    ["float32", undefined, 'io.tensor: expected at least one axis, e.g. ["n", 4], got nothing'],
    [
      "float32",
      [-1, 1.5, "n"],
      "io.tensor: expected a name or a whole number for an axis, got -1\n" +
        "io.tensor: expected a name or a whole number for an axis, got 1.5",
    ],
  ])("refuses to be declared as %j %j", (dtype, dims, message) => {
    expect(caught(() => io.tensor(dtype as never, dims as never))).toEqual({
      code: "BENTO_INVALID_SERVICE",
      message,
      hint: 'write it as io.tensor("float32", ["n", 4]); for one value alone use z.number() or z.string()',
    });
  });
});

describe("tensorShapeOf", () => {
  const made = io.tensor("float32", ["n", 4]);
  const shape = { dtype: "float32", dims: ["n", 4] };

  it.each([
    ["as made", made],
    ["described", made.describe("pixels")],
    ["with a title", made.meta({ title: "Pixels" })],
    ["with a check of the user's own", made.refine(() => true)],
  ])("knows a tensor %s", (_, schema) => {
    expect(tensorShapeOf(schema)).toEqual(shape);
  });

  it.each([
    ["a text", z.string()],
    ["a list", z.array(made)],
    [
      "a codec of another kind",
      z.codec(z.string(), z.number(), { decode: Number, encode: String }),
    ],
    ["no schema", {}],
  ])("knows %s for no tensor", (_, schema) => {
    expect(tensorShapeOf(schema)).toBeUndefined();
  });
});

describe("io.text", () => {
  it("takes a text up to its limit", () => {
    expect([io.text(3).safeParse("abc").success, io.text(3).safeParse("abcd").success]).toEqual([
      true,
      false,
    ]);
  });

  it("takes a million characters when nothing is said", () => {
    expect(io.text().safeParse("x".repeat(1_000_000)).success).toBe(true);
  });
});

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BentoError } from "../../core/bento-error.ts";
import { readOnnxSignature } from "../../core/onnx.ts";
import type { ByteSource } from "../../core/onnx-wire.ts";
import { failureOf } from "../support/failure.ts";
import { bytes, number, onnxFile, tensor, varint } from "../support/onnx-file.ts";

const FIXTURES = join(import.meta.dirname, "../../fixtures/models");

const names = readdirSync(FIXTURES, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);

function sourceOf(content: Uint8Array): ByteSource {
  return {
    size: content.length,
    read: (offset, length) => content.subarray(offset, offset + length),
  };
}

const read = (content: Uint8Array) => readOnnxSignature(sourceOf(content));

function refusal(content: Uint8Array): string {
  try {
    read(content);
  } catch (error) {
    if (BentoError.isInstance(error) && error.code === "BENTO_INVALID_MODEL") {
      return error.message;
    }
    throw error;
  }
  throw new Error("it was read");
}

describe("readOnnxSignature", () => {
  it("reads a scikit-learn export", () => {
    const content = readFileSync(join(FIXTURES, "iris_random_forest/model.onnx"));
    expect(read(content)).toEqual({
      inputs: [{ name: "X", dtype: "float32", dims: ["n", 4] }],
      outputs: [
        { name: "label", dtype: "int64", dims: ["n"] },
        { name: "probabilities", dtype: "float32", dims: ["n", 3] },
      ],
      externalData: [],
      producer: "skl2onnx",
    });
  });

  it.each(names)("finds the same as onnxruntime in %s", async (name) => {
    process.env["ORT_DISABLE_TELEMETRY"] = "1";
    const { InferenceSession } = await import("onnxruntime-node");
    const path = join(FIXTURES, name, "model.onnx");
    const session = await InferenceSession.create(path, { logSeverityLevel: 4 });
    const shown = (values: typeof session.inputMetadata) =>
      values.map((value) =>
        value.isTensor ? { name: value.name, dtype: value.type, dims: [...value.shape] } : value,
      );
    const { inputs, outputs } = read(readFileSync(path));
    expect({ inputs, outputs }).toEqual({
      inputs: shown(session.inputMetadata),
      outputs: shown(session.outputMetadata),
    });
    await session.release();
  });

  it("leaves out initializers that are listed among the inputs", () => {
    const content = onnxFile({
      inputs: [
        { name: "X", dims: ["n", 4] },
        { name: "W", dims: [4] },
      ],
      initializers: ["W"],
    });
    expect(read(content).inputs.map((input) => input.name)).toEqual(["X"]);
  });

  it("does not mind what kind of thing an initializer's input is", () => {
    const content = onnxFile({
      inputs: [
        { name: "X", dims: ["n"] },
        { name: "W", elemType: 16 },
      ],
      initializers: ["W"],
    });
    expect(read(content).inputs).toEqual([{ name: "X", dtype: "float32", dims: ["n"] }]);
  });

  it("names open axes and marks those without a name", () => {
    const dims = ["batch", null, 0, 7, -1, ""];
    const content = onnxFile({ inputs: [{ name: "X", dims }] });
    expect(read(content).inputs[0]?.dims).toEqual(["batch", "?", 0, 7, "?", "?"]);
  });

  it("tells a scalar from a tensor whose number of axes is open", () => {
    const content = onnxFile({ inputs: [{ name: "A", dims: [] }, { name: "B" }] });
    expect(read(content).inputs.map((input) => input.dims)).toEqual([[], ["..."]]);
  });

  it.each([
    [1, "float32"],
    [2, "uint8"],
    [3, "int8"],
    [4, "uint16"],
    [5, "int16"],
    [6, "int32"],
    [7, "int64"],
    [8, "string"],
    [9, "bool"],
    [10, "float16"],
    [11, "float64"],
    [12, "uint32"],
    [13, "uint64"],
  ])("reads element type %i as %s", (elemType, dtype) => {
    expect(read(onnxFile({ inputs: [{ name: "X", elemType, dims: [] }] })).inputs[0]?.dtype).toBe(
      dtype,
    );
  });

  it("lists files with external data once each, sorted, also those of subgraphs, nodes and functions", () => {
    const subgraph = bytes(5, bytes(6, bytes(5, tensor("inner", "c.bin"))));
    const constant = bytes(5, bytes(5, tensor("constant", "d.bin")));
    const sparse = bytes(15, bytes(1, tensor("values", "e.bin")), bytes(2, tensor("at", "f.bin")));
    const model = onnxFile({
      external: { W1: "b.bin", W2: "a.bin", W3: "b.bin" },
      graph: [bytes(1, subgraph), bytes(1, constant), sparse],
    });
    const called = bytes(25, bytes(7, bytes(5, bytes(5, tensor("constant", "g.bin")))));
    expect(read(Buffer.concat([model, called])).externalData).toEqual([
      "a.bin",
      "b.bin",
      "c.bin",
      "d.bin",
      "e.bin",
      "f.bin",
      "g.bin",
    ]);
  });

  it("does not read the weights of a model of many gigabytes", () => {
    const weights = 5_000_000_000;
    const name = bytes(8, "W");
    const raw = Buffer.concat([varint(9 * 8 + 2), varint(weights)]);
    const head = onnxFile();
    const tensorBytes = name.length + raw.length + weights;
    const initializer = Buffer.concat([varint(5 * 8 + 2), varint(tensorBytes), name, raw]);
    const outputs = bytes(12, bytes(1, "Y"), bytes(2, bytes(1, number(1, 1), bytes(2))));
    const graphBytes = initializer.length + weights + outputs.length;
    const start = Buffer.concat([varint(7 * 8 + 2), varint(graphBytes), initializer]);
    let bytesRead = 0;
    const source: ByteSource = {
      size: start.length + weights + outputs.length,
      read(offset, length) {
        bytesRead += length;
        const all = Buffer.alloc(length);
        start.copy(all, 0, Math.min(offset, start.length));
        if (offset >= start.length + weights) {
          outputs.copy(all, 0, offset - start.length - weights);
        }
        return all;
      },
    };
    expect(readOnnxSignature(source).outputs).toEqual([{ name: "Y", dtype: "float32", dims: [] }]);
    expect(bytesRead).toBeLessThan(3 * 64 * 1024 + head.length);
  });

  it("refuses a ZipMap with the way to export without it", async () => {
    const content = onnxFile({
      outputs: [
        { name: "label", dims: ["n"] },
        { name: "probabilities", kind: 4 },
      ],
    });
    expect(await failureOf(() => read(content))).toEqual({
      code: "BENTO_INVALID_MODEL",
      message: "output probabilities is a sequence, not a tensor",
      hint: 'export it with ZipMap off: skl2onnx: to_onnx(model, rows, options={"zipmap": False}); onnxmltools: convert_lightgbm(model, initial_types=types, zipmap=False)',
    });
  });

  it.each([
    [5, "output Y is a map, not a tensor"],
    [8, "output Y is a sparse tensor, not a tensor"],
    [9, "output Y is an optional value, not a tensor"],
  ])("refuses an output of kind %i", (kind, message) => {
    expect(refusal(onnxFile({ outputs: [{ name: "Y", kind }] }))).toBe(message);
  });

  it.each([
    [16, "input X has the element type bfloat16, which cannot be served"],
    [21, "input X has the element type uint4, which cannot be served"],
    [22, "input X has the element type int4, which cannot be served"],
    [0, "input X has the element type number 0, which cannot be served"],
    [99, "input X has the element type number 99, which cannot be served"],
  ])("refuses element type %i", (elemType, message) => {
    expect(refusal(onnxFile({ inputs: [{ name: "X", elemType, dims: [] }] }))).toBe(message);
  });

  it.each<[string, Uint8Array, string]>([
    ["nothing", Buffer.alloc(0), "not a readable ONNX file: it is empty"],
    ["a text", Buffer.from("hello"), "not a readable ONNX file: no field starts before byte 3"],
    ["zeros", Buffer.alloc(64), "not a readable ONNX file: no field starts before byte 1"],
    [
      "an endless number",
      Buffer.alloc(64, 0xff),
      "not a readable ONNX file: no number stands at byte 0",
    ],
    ["a group", Buffer.from([0x0b]), "not a readable ONNX file: no field starts before byte 1"],
    ["no graph", number(1, 8), "not a readable ONNX file: expected one graph in it, got 0"],
    [
      "two graphs",
      Buffer.concat([onnxFile(), onnxFile()]),
      "not a readable ONNX file: expected one graph in it, got 2",
    ],
    ["a graph without outputs", onnxFile({ outputs: [] }), "the graph has no outputs"],
    [
      "an input without a name",
      onnxFile({ inputs: [{ name: "", dims: [] }] }),
      "not a readable ONNX file: an input or output has no name",
    ],
    [
      "an input without a type",
      onnxFile({ graph: [bytes(11, bytes(1, "Z"))] }),
      "not a readable ONNX file: input Z has no type",
    ],
    [
      "a name that is no UTF-8",
      onnxFile({ graph: [bytes(11, bytes(1, Buffer.from([0xff])))] }),
      "not a readable ONNX file: no UTF-8 text stands at byte 91",
    ],
  ])("refuses %s", (_, content, message) => {
    expect(refusal(content)).toBe(message);
  });

  it("refuses graphs within graphs without end", () => {
    let graph = bytes(2, "innermost");
    for (let depth = 0; depth < 1000; depth += 1) {
      graph = bytes(1, bytes(5, bytes(6, graph)));
    }
    expect(refusal(onnxFile({ graph: [graph] }))).toBe(
      "not a readable ONNX file: graphs within graphs deeper than 30",
    );
  });

  it("refuses a file that shrinks while it is read", () => {
    const content = onnxFile();
    const source = { ...sourceOf(content.subarray(0, 40)), size: content.length };
    expect(() => readOnnxSignature(source)).toThrow(
      expect.objectContaining({ code: "BENTO_INVALID_MODEL" }),
    );
  });

  it("refuses every truncation", () => {
    const content = readFileSync(join(FIXTURES, "iris_random_forest/model.onnx"));
    const lengths = Array.from({ length: 400 }, (_, index) =>
      index < 200 ? index : Math.floor((index / 400) * content.length),
    );
    for (const length of lengths) {
      expect(refusal(content.subarray(0, length))).toMatch(/^not a readable ONNX file: /);
    }
  });

  it("throws nothing but BENTO_INVALID_MODEL at random bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), (content) => {
        expect(refusal(content)).not.toBe("");
      }),
      { numRuns: 2000 },
    );
  });

  it("throws nothing but BENTO_INVALID_MODEL when bytes of a model are changed", () => {
    const model = onnxFile({ initializers: ["W"], external: { V: "v.bin" } });
    const change = fc.tuple(fc.nat(model.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 8 }), (changes) => {
        const content = Buffer.from(model);
        for (const [offset, value] of changes) {
          content[offset] = value;
        }
        try {
          expect(read(content).outputs.length).toBeGreaterThan(0);
        } catch (error) {
          expect(error).toMatchObject({ code: "BENTO_INVALID_MODEL" });
        }
      }),
      { numRuns: 3000 },
    );
  });
});

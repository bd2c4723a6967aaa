import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Dtype, io, model, service, type Tensor } from "../../core/index.ts";
import { DTYPES } from "../../core/tensor-spec.ts";
import { loadRunner } from "../../handler/runner/load-runner.ts";
import { testService } from "../../testing/index.ts";
import { onnxFile } from "../support/onnx-file.ts";
import { type TempDir, tempDir } from "../support/temp-dir.ts";

/** ONNX's numbers for the element types; of each type two rows as JSON has them, and as bytes with its extremes. */
const SAMPLES: {
  readonly [D in Dtype]: { elemType: number; json: unknown[][]; data: Tensor<D>["data"] };
} = {
  float32: {
    elemType: 1,
    json: [
      [0.5, -(2 ** 127)],
      [0, 1],
    ],
    data: Float32Array.of(-0, 3e38, 1, 2),
  },
  uint8: {
    elemType: 2,
    json: [
      [0, 255],
      [1, 2],
    ],
    data: Uint8Array.of(0, 255, 1, 2),
  },
  int8: {
    elemType: 3,
    json: [
      [-128, 127],
      [0, 1],
    ],
    data: Int8Array.of(-128, 127, 0, 1),
  },
  uint16: {
    elemType: 4,
    json: [
      [0, 65535],
      [1, 2],
    ],
    data: Uint16Array.of(0, 65535, 1, 2),
  },
  int16: {
    elemType: 5,
    json: [
      [-32768, 32767],
      [0, 1],
    ],
    data: Int16Array.of(-32768, 32767, 0, 1),
  },
  int32: {
    elemType: 6,
    json: [
      [-(2 ** 31), 2 ** 31 - 1],
      [0, 1],
    ],
    data: Int32Array.of(-(2 ** 31), 2 ** 31 - 1, 0, 1),
  },
  int64: {
    elemType: 7,
    json: [
      [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
      [0, 1],
    ],
    data: BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n, 0n, 1n),
  },
  string: {
    elemType: 8,
    json: [
      ["", "größe"],
      ["a\nb", "🙂"],
    ],
    data: ["", "größe", "a\nb", "🙂"],
  },
  bool: {
    elemType: 9,
    json: [
      [true, false],
      [false, true],
    ],
    data: Uint8Array.of(1, 0, 0, 1),
  },
  float16: {
    elemType: 10,
    json: [
      [1, 65504],
      [-0.5, 0],
    ],
    data: Uint16Array.of(0x3c00, 0x7bff, 0, 1),
  },
  float64: {
    elemType: 11,
    json: [
      [Number.MAX_VALUE, 5e-324],
      [0.1, -1],
    ],
    data: Float64Array.of(Number.MAX_VALUE, 5e-324, 0.1, -1),
  },
  uint32: {
    elemType: 12,
    json: [
      [0, 2 ** 32 - 1],
      [1, 2],
    ],
    data: Uint32Array.of(0, 2 ** 32 - 1, 1, 2),
  },
  uint64: {
    elemType: 13,
    json: [
      [0, Number.MAX_SAFE_INTEGER],
      [1, 2],
    ],
    data: BigUint64Array.of(0n, 2n ** 64n - 1n, 1n, 2n),
  },
};

/** A model file that gives back what it is given. */
async function identity(dir: TempDir, elemType: number): Promise<string> {
  const value = { elemType, dims: ["n", 2] };
  const path = join(dir.path, "identity.onnx");
  const bytes = onnxFile({
    inputs: [{ name: "X", ...value }],
    outputs: [{ name: "Y", ...value }],
  });
  await writeFile(path, bytes);
  return path;
}

describe("a service over a model of each element type", () => {
  it.each(DTYPES)(
    "carries %s over HTTP to the model and back, as JSON and as bytes",
    async (dtype) => {
      await using dir = await tempDir();
      const { elemType, json, data } = SAMPLES[dtype];
      const same = service({
        name: "same",
        models: { same: model("same:v1") },
        apis: ({ api }) => ({
          same: api({
            input: { X: io.tensor(dtype, ["n", 2]) },
            output: io.tensor(dtype, ["n", 2]),
            async run({ X }, { models }) {
              const { Y } = await models.same.run({ X });
              return Y as never;
            },
          }),
        }),
      });
      const models = { same: await identity(dir, elemType) };
      await using tested = await testService(same, { models });
      const client = tested.client as unknown as {
        same: ((input: { X: unknown }) => Promise<unknown>) & {
          tensors(input: { X: Tensor }): Promise<Tensor>;
        };
      };
      expect(await client.same({ X: json })).toEqual(json);
      const X = { dtype, dims: [2, 2], data } as Tensor;
      expect(await client.same.tensors({ X })).toEqual(X);
    },
  );

  // ONNX's numbers of types that JavaScript's onnxruntime has no tensors of
  it.each([
    ["complex64", 14],
    ["bfloat16", 16],
    ["float8", 17],
    ["uint4", 21],
    ["int4", 22],
  ])("refuses a model of %s in words", async (_, elemType) => {
    await using dir = await tempDir();
    const path = await identity(dir, elemType);
    await expect(loadRunner({ path, mode: "inline" })).rejects.toMatchObject({
      code: "BENTO_INVALID_MODEL",
    });
  });
});

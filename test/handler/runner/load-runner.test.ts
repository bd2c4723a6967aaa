import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { allocateCells, type Dtype, type Tensor, tensor } from "../../../core/tensor.ts";
import { DTYPES } from "../../../core/tensor-spec.ts";
import { loadRunner } from "../../../handler/runner/load-runner.ts";
import { FIXTURE_MODELS, fixtureModel } from "../../support/fixture-model.ts";
import { onnxFile } from "../../support/onnx-file.ts";
import { tempDir } from "../../support/temp-dir.ts";

/** ONNX's numbers for the element types. */
const ELEMENT_TYPES: Readonly<Record<Dtype, number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13,
};

/** Two rows with the extremes of a type. */
const EXTREMES: { readonly [D in Dtype]: Tensor<D>["data"] } = {
  float32: Float32Array.of(-0, 3.4e38, Number.NaN, Number.NEGATIVE_INFINITY),
  float64: Float64Array.of(Number.MAX_VALUE, Number.MIN_VALUE, 0.1, -1),
  float16: Uint16Array.of(0x3c00, 0x7bff, 0xfc00, 1),
  int8: Int8Array.of(-128, 127, 0, 1),
  int16: Int16Array.of(-32768, 32767, 0, 1),
  int32: Int32Array.of(-(2 ** 31), 2 ** 31 - 1, 0, 1),
  int64: BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n, 0n, 1n),
  uint8: Uint8Array.of(0, 255, 1, 2),
  uint16: Uint16Array.of(0, 65535, 1, 2),
  uint32: Uint32Array.of(0, 2 ** 32 - 1, 1, 2),
  uint64: BigUint64Array.of(0n, 2n ** 64n - 1n, 1n, 2n),
  bool: Uint8Array.of(0, 1, 1, 0),
  string: ["", "größe", "a\nb", "🙂"],
};

describe("loadRunner", () => {
  it.each(FIXTURE_MODELS)(
    "gives the predictions of the framework that trained %s",
    async (name) => {
      const { path, input, rows, labels, probabilities } = await fixtureModel(name);
      const runner = await loadRunner({ path, threads: 2 });
      try {
        const width = rows[0]?.length ?? 0;
        const answers = await Promise.all(
          rows.map((row) => runner.run({ [input]: tensor("float32", [1, width], row) })),
        );
        expect(answers.map(({ label }) => Number(label?.data[0]))).toEqual(labels);
        for (const [index, answer] of answers.entries()) {
          for (const [column, expected] of (probabilities[index] ?? []).entries()) {
            expect(Number(answer["probabilities"]?.data[column])).toBeCloseTo(expected, 5);
          }
        }
      } finally {
        await runner.close();
      }
    },
  );

  const modes = ["worker", "inline"] as const;
  const dtypesByMode = DTYPES.flatMap((dtype) => modes.map((mode) => [dtype, mode] as const));

  it.each(dtypesByMode)("carries %s to the model and back, %s", async (dtype, mode) => {
    await using dir = await tempDir();
    const path = join(dir.path, "identity.onnx");
    const value = { elemType: ELEMENT_TYPES[dtype], dims: ["n", 2] };
    await writeFile(
      path,
      onnxFile({ inputs: [{ name: "X", ...value }], outputs: [{ name: "Y", ...value }] }),
    );
    const runner = await loadRunner({ path, mode });
    try {
      expect(runner.spec).toEqual({
        inputs: [{ name: "X", dtype, dims: ["n", 2] }],
        outputs: [{ name: "Y", dtype, dims: ["n", 2] }],
      });
      const whole = { dtype, dims: [2, 2], data: EXTREMES[dtype] } as Tensor;
      const empty = { dtype, dims: [0, 2], data: allocateCells(dtype, 0) } as Tensor;
      expect(await runner.runAlone({ X: whole })).toEqual({ Y: whole });
      expect(await Promise.all([1, 2, 3].map(() => runner.run({ X: whole })))).toEqual(
        [1, 2, 3].map(() => ({ Y: whole })),
      );
      // the memory of batches before is used again
      expect(await runner.run({ X: whole })).toEqual({ Y: whole });
      expect(await runner.run({ X: empty })).toEqual({ Y: empty });
      expect(whole.data).toEqual(EXTREMES[dtype]);
      expect(whole.data.length).toBe(4); // the caller's memory was not given away
    } finally {
      await runner.close();
    }
  });

  it("runs on this thread when asked", async () => {
    const { path, input, rows, labels } = await fixtureModel("iris_random_forest");
    const runner = await loadRunner({ path, mode: "inline" });
    const { label } = await runner.run({ [input]: tensor("float32", [1, 4], rows[60] ?? []) });
    expect(Number(label?.data[0])).toBe(labels[60]);
    await runner.close();
  });

  it("takes a first axis of fixed length for one call, not for rows", async () => {
    await using dir = await tempDir();
    const path = join(dir.path, "fixed.onnx");
    const value = { dims: [1, 2] };
    await writeFile(
      path,
      onnxFile({ inputs: [{ name: "X", ...value }], outputs: [{ name: "Y", ...value }] }),
    );
    const runner = await loadRunner({ path });
    const X = tensor("float32", [1, 2], [1, 2]);
    expect(runner.isBatchable).toBe(false);
    expect(await Promise.all([runner.run({ X }), runner.run({ X })])).toEqual([{ Y: X }, { Y: X }]);
    await runner.close();
  });

  it("says that a GPU is asked for and not there", async () => {
    const { path } = await fixtureModel("iris_random_forest");
    await expect(loadRunner({ path, provider: "cuda" })).rejects.toMatchObject({
      code: "BENTO_UNSUPPORTED",
      message: expect.stringMatching(/^the execution provider cuda is asked for and not there: /),
      where: path,
      hint: expect.stringMatching(/BENTO_PROVIDER=cpu/),
    });
  });

  it("refuses a path without a file", async () => {
    await using dir = await tempDir();
    const path = join(dir.path, "none.onnx");
    await expect(loadRunner({ path })).rejects.toMatchObject({
      code: "BENTO_NOT_FOUND",
      message: "no such model file",
      where: path,
    });
  });

  it.each(["worker", "inline"] as const)("refuses a file that is no model (%s)", async (mode) => {
    await using dir = await tempDir();
    const path = join(dir.path, "broken.onnx");
    await writeFile(path, "not a model");
    await expect(loadRunner({ path, mode })).rejects.toMatchObject({
      code: "BENTO_INVALID_MODEL",
      message: expect.stringMatching(/^onnxruntime cannot load it: .*Protobuf parsing failed/),
      where: path,
    });
  });
});

/** A thread that behaves like a model's, until it is told to end. */
const DYING_WORKER = `
import { parentPort } from "node:worker_threads";
const spec = [{ name: "X", dtype: "float32", dims: ["n", 1] }];
parentPort.on("message", ({ id, inputs }) => {
  if (inputs.X.data[0] === 13) process.exit(3);
  if (inputs.X.data[0] === 14) throw new Error("thrown outside of a call");
  if (inputs.X.data[0] === 15) return parentPort.postMessage({ kind: "failed", id, message: "no" });
  if (inputs.X.data[0] === 16) return; // hangs
  parentPort.postMessage({ kind: "done", id, outputs: { Y: inputs.X } });
});
parentPort.postMessage({ kind: "ready", spec: { inputs: spec, outputs: spec } });
`;

describe("loadRunner, when a thread dies", () => {
  it.each([
    [13, "the thread of the model ended: exit code 3"],
    [14, "the thread of the model ended: thrown outside of a call"],
  ])("fails its calls, tells, and has another thread for the next", async (poison, message) => {
    await using dir = await tempDir();
    const path = join(dir.path, "worker.mjs");
    await writeFile(path, DYING_WORKER);
    const deaths: string[] = [];
    const runner = await loadRunner({
      path,
      workerUrl: pathToFileURL(path),
      onDeath: (error) => deaths.push(error.message),
    });
    const X = (value: number) => ({ X: tensor("float32", [1, 1], [value]) });
    expect(await runner.run(X(1))).toEqual({ Y: X(1).X });
    await expect(runner.run(X(poison))).rejects.toMatchObject({ code: "BENTO_IO", message });
    expect(deaths).toEqual([message]);
    expect(await runner.run(X(2))).toEqual({ Y: X(2).X });
    await runner.close();
    await expect(runner.run(X(3))).rejects.toMatchObject({
      code: "BENTO_IO",
      message: "the model has been closed",
    });
  });

  it("keeps a thread whose model only failed on its inputs", async () => {
    await using dir = await tempDir();
    const path = join(dir.path, "worker.mjs");
    await writeFile(path, DYING_WORKER);
    const deaths: string[] = [];
    const runner = await loadRunner({
      path,
      workerUrl: pathToFileURL(path),
      onDeath: (error) => deaths.push(error.message),
    });
    const failed = runner.run({ X: tensor("float32", [1, 1], [15]) });
    await expect(failed).rejects.toMatchObject({
      code: "BENTO_INVALID_MODEL",
      message: "the model failed: no",
    });
    await runner.run({ X: tensor("float32", [1, 1], [1]) });
    await runner.close();
    expect(deaths).toEqual([]);
  });

  it("fails calls at work when it is closed", async () => {
    await using dir = await tempDir();
    const path = join(dir.path, "worker.mjs");
    await writeFile(path, DYING_WORKER);
    const runner = await loadRunner({ path, workerUrl: pathToFileURL(path) });
    const silent = runner.runAlone({ X: tensor("float32", [1, 1], [16]) });
    const refused = expect(silent).rejects.toMatchObject({ message: "the model has been closed" });
    await runner.close();
    await refused;
  });
});

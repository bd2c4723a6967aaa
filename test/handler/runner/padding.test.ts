import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Padding } from "../../../core/padding.ts";
import { type Tensor, tensor } from "../../../core/tensor.ts";
import type { CostModel } from "../../../handler/cost-model.ts";
import { lengthBucket } from "../../../handler/runner/length-bucket.ts";
import type { Tensors } from "../../../handler/runner/onnx-session.ts";
import { createRunner } from "../../../handler/runner/runner.ts";
import { lineCost } from "../fixed-cost.ts";

/** A model over tokens: gives each token's double, and the sum of each row where the mask is 1. */
function tokenModel(padding: Partial<Padding> = {}, costModel?: CostModel) {
  const runs: Tensors[] = [];
  const ids = { dtype: "int64" as const, dims: ["batch", "sequence"] };
  const runner = createRunner({
    name: "tokens",
    isBatchable: true,
    padding: { axis: 1, values: { ids: 7, mask: 0 }, ...padding },
    ...(costModel === undefined ? {} : { costModel }),
    host: {
      threads: 1,
      spec: {
        inputs: [
          { name: "ids", ...ids },
          { name: "mask", ...ids },
        ],
        outputs: [
          { name: "tokens", dtype: "int64", dims: ["batch", "sequence"] },
          { name: "sum", dtype: "int64", dims: ["batch"] },
        ],
      },
      async run(inputs) {
        runs.push(structuredClone(inputs));
        return answer(inputs);
      },
      close: async () => {},
    },
  });
  return { runner, runs };
}

function answer({ ids, mask }: Tensors): Tensors {
  const { dims, data } = ids as Tensor<"int64">;
  const masked = data.map((id, index) => id * ((mask as Tensor<"int64">).data[index] ?? 0n));
  const [rows = 0, length = 0] = dims;
  const sums = Array.from({ length: rows }, (_, row) =>
    masked.slice(row * length, (row + 1) * length).reduce((sum, id) => sum + id, 0n),
  );
  return {
    tokens: { dtype: "int64", dims, data: data.map((id) => 2n * id) },
    sum: { dtype: "int64", dims: [rows], data: BigInt64Array.from(sums) },
  };
}

function row(...ids: number[]): Tensors {
  return {
    ids: tensor("int64", [1, ids.length], ids),
    mask: tensor(
      "int64",
      [1, ids.length],
      ids.map(() => 1),
    ),
  };
}

describe("createRunner, with padding", () => {
  it("fills shorter rows of a bucket to the longest of the batch, and cuts them back", async () => {
    const { runner, runs } = tokenModel();
    const answers = await Promise.all([runner.run(row(1, 2, 3)), runner.run(row(4))]);
    expect(runs).toEqual([
      {
        ids: tensor("int64", [2, 3], [1, 2, 3, 4, 7, 7]),
        mask: tensor("int64", [2, 3], [1, 1, 1, 1, 0, 0]),
      },
    ]);
    expect(answers).toEqual([
      { tokens: tensor("int64", [1, 3], [2, 4, 6]), sum: tensor("int64", [1], [6]) },
      { tokens: tensor("int64", [1, 1], [8]), sum: tensor("int64", [1], [4]) },
    ]);
  });

  it("makes the mask of callers that leave it out, where the signature names one", async () => {
    const { runner, runs } = tokenModel({ mask: "mask" });
    const bare = (...cells: number[]) => ({ ids: tensor("int64", [1, cells.length], cells) });
    const hidden = { ...row(5, 6), mask: tensor("int64", [1, 2], [1, 0]) };
    const calls: Tensors[] = [bare(1, 2, 3), bare(4), hidden];
    const answers = await Promise.all(calls.map((call) => runner.run(call)));
    expect(runs).toEqual([
      {
        ids: tensor("int64", [3, 3], [1, 2, 3, 4, 7, 7, 5, 6, 7]),
        mask: tensor("int64", [3, 3], [1, 1, 1, 1, 0, 0, 1, 0, 0]),
      },
    ]);
    expect(answers.map(({ sum }) => sum?.data)).toEqual([[6n], [4n], [5n]].map(int64));
    expect(await runner.runAlone(bare(2, 3))).toMatchObject({ sum: { data: int64([5n]) } });
    await expect(runner.run({})).rejects.toMatchObject({ code: "BENTO_INVALID_INPUT" });
  });

  it("asks for the mask where the signature names none", async () => {
    const { ids } = row(1);
    await expect(tokenModel().runner.run({ ids: ids as Tensor })).rejects.toMatchObject({
      message: 'input "mask" is missing: expected mask: int64 [batch, sequence]',
    });
  });

  it("joins buckets that are too empty, where the cost is known", async () => {
    const { runner, runs } = tokenModel({}, lineCost(10, 0.001));
    const long = (length: number) => row(...new Array<number>(length).fill(1));
    const lengths = [1, 11, 12, 40]; // 11 and 12 are not of one bucket
    await Promise.all(lengths.map((length) => runner.run(long(length))));
    expect(runs.map((inputs) => inputs["ids"]?.dims)).toEqual([
      [1, 1],
      [2, 12],
      [1, 40],
    ]);
  });

  it("keeps rows of very different lengths apart", async () => {
    const { runner, runs } = tokenModel();
    const long = row(...Array.from({ length: 40 }, (_, index) => index));
    await Promise.all([runner.run(row(1)), runner.run(long)]);
    expect(runs.map((inputs) => inputs["ids"]?.dims)).toEqual([
      [1, 1],
      [1, 40],
    ]);
  });

  it("takes no more cells into a batch than the cap of work units", async () => {
    const { runner, runs } = tokenModel();
    const long = row(...new Array<number>(6000).fill(1));
    await Promise.all([1, 2, 3, 4].map(() => runner.run(long)));
    expect(runs.map((inputs) => inputs["ids"]?.dims)).toEqual([
      [2, 6000],
      [2, 6000],
    ]);
  });

  it("refuses padded inputs of different lengths", async () => {
    const { runner } = tokenModel();
    const { ids } = row(1, 2);
    const { mask } = row(1);
    await expect(runner.run({ ids: ids as Tensor, mask: mask as Tensor })).rejects.toMatchObject({
      code: "BENTO_INVALID_INPUT",
      message: "padded inputs need the same length along axis 1: ids has 2, mask has 1",
    });
  });

  it.each([
    ["buckets apart", undefined],
    ["buckets joined", lineCost(10, 0.001)],
  ])("gives every call what it gets alone, whatever runs beside it, %s", async (_, cost) => {
    const ids = fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 1, maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(fc.array(ids, { minLength: 1, maxLength: 12 }), async (calls) => {
        const { runner } = tokenModel({}, cost);
        const answers = await Promise.all(calls.map((call) => runner.run(row(...call))));
        expect(answers).toEqual(calls.map((call) => answer(row(...call))));
      }),
      { numRuns: 50 },
    );
  });
});

function int64(values: bigint[]): BigInt64Array {
  return BigInt64Array.from(values);
}

describe("lengthBucket", () => {
  it("never falls, and holds lengths within a factor of 1.4 beyond the shortest", () => {
    const buckets = Array.from({ length: 4096 }, (_, length) => lengthBucket(length));
    expect(buckets.slice(0, 12)).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1]);
    for (const [length, bucket] of buckets.entries()) {
      expect(bucket).toBeGreaterThanOrEqual(buckets[length - 1] ?? 0);
      const shortest = buckets.indexOf(bucket);
      expect(bucket === 0 || length / shortest <= 1.4).toBe(true);
    }
  });
});

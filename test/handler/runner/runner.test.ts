import { describe, expect, it } from "vitest";
import { tensor } from "../../../core/tensor.ts";
import { fakeRunner } from "../../support/fake-runner.ts";

const row = (...values: number[]) => ({
  X: tensor("float32", [values.length / 2, 2], values),
});

describe("createRunner", () => {
  it("joins concurrent calls into one run and gives each its own rows", async () => {
    const runner = fakeRunner();
    const answers = await Promise.all([runner.run(row(1, 2)), runner.run(row(3, 4, 5, 6))]);
    expect(answers).toEqual([
      { Y: tensor("float32", [1, 2], [2, 4]) },
      { Y: tensor("float32", [2, 2], [6, 8, 10, 12]) },
    ]);
    expect(runner.runs).toEqual([3]);
  });

  it("splits rows above the model's cap", async () => {
    const runner = fakeRunner({ settings: { maxBatchSize: 2 } });
    expect(await runner.run(row(1, 1, 2, 2, 3, 3))).toEqual({
      Y: tensor("float32", [3, 2], [2, 2, 4, 4, 6, 6]),
    });
    expect(runner.runs).toEqual([2, 1]);
  });

  it("runs rows that are a batch already alone", async () => {
    const runner = fakeRunner();
    await Promise.all([runner.runAlone(row(1, 2)), runner.runAlone(row(3, 4))]);
    expect(runner.runs).toEqual([1, 1]);
  });

  it("does not join the calls to a model that is not batchable", async () => {
    const runner = fakeRunner({ isBatchable: false });
    await Promise.all([runner.run(row(1, 2)), runner.run(row(3, 4, 5, 6))]);
    expect(runner.runs).toEqual([1, 2]);
  });

  it("refuses bad inputs before they enter a batch", async () => {
    const runner = fakeRunner();
    const [good, bad] = await Promise.allSettled([
      runner.run(row(1, 2)),
      runner.run({ X: tensor("float32", [1, 3], [1, 2, 3]) }),
    ]);
    expect([good.status, bad.status, runner.runs]).toEqual(["fulfilled", "rejected", [1]]);
  });

  it("says that a model's first axis is not one of rows", async () => {
    const runner = fakeRunner({ run: () => ({ Y: tensor("float32", [1, 2], [0, 0]) }) });
    await expect(runner.run(row(1, 2, 3, 4))).rejects.toMatchObject({
      code: "BENTO_INVALID_MODEL",
      message: "2 rows went into model fake, 1 came out",
      hint: "its first axis is not one of rows: import it with a signature that is not batchable",
    });
  });

  it("leaves the caller's tensor as it was", async () => {
    const runner = fakeRunner({
      run(inputs) {
        const { X = tensor("float32", [0, 2], []) } = inputs;
        (X.data as Float32Array).fill(9);
        return { Y: X };
      },
    });
    const given = row(1, 2);
    await runner.run(given);
    await runner.runAlone(given);
    expect(given).toEqual(row(1, 2));
  });

  it("stops waiting when the signal is aborted", async () => {
    const runner = fakeRunner({ run: () => new Promise(() => {}) });
    for (const run of [runner.run, runner.runAlone]) {
      const controller = new AbortController();
      const given = run(row(1, 2), { signal: controller.signal });
      setImmediate(() => controller.abort(new Error("gone")));
      await expect(given).rejects.toThrow("gone");
    }
  });
});

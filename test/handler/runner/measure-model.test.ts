import { describe, expect, it } from "vitest";
import { warmThreads } from "../../../handler/runner/measure-model.ts";
import type { ModelHost } from "../../../handler/runner/worker-pool.ts";

/** Counts what runs at once; each run ends in a later turn. */
function countingHost(settled: () => Promise<void>) {
  const sizes: number[] = [];
  const running = { now: 0, most: 0 };
  const host: ModelHost = {
    spec: { inputs: [{ name: "x", dtype: "float32", dims: ["n", 2] }], outputs: [] },
    threads: 3,
    settled,
    async run({ x }) {
      sizes.push(x?.dims[0] ?? 0);
      running.now += 1;
      running.most = Math.max(running.most, running.now);
      await new Promise((resolve) => setImmediate(resolve));
      running.now -= 1;
      return {};
    },
    close: async () => {},
  };
  return { host, sizes, running };
}

describe("warmThreads", () => {
  it("runs the model on every thread once they are there, on one row and on a batch", async () => {
    const ready = Promise.withResolvers<void>();
    const { host, sizes, running } = countingHost(() => ready.promise);
    const warming = warmThreads(host, 8, { budgetMs: 60_000 });
    expect(sizes).toEqual([]);
    ready.resolve();
    await warming;
    expect([sizes, running.most]).toEqual([[1, 1, 1, 8, 8, 8], 3]);
  });

  it("gives up when the budget is spent", async () => {
    const { host, sizes } = countingHost(() => new Promise(() => {}));
    await warmThreads(host, 8, { budgetMs: 1 });
    expect(sizes).toEqual([]);
  });

  it("leaves a failing thread to the callers", async () => {
    const { host } = countingHost(() => Promise.reject(new Error("no memory")));
    await expect(warmThreads(host, 8, { budgetMs: 60_000 })).resolves.toBeUndefined();
  });
});

import { describe, expect, it } from "vitest";
import { ApiError } from "../../core/api-error.ts";
import { BatchLoop, type BatchLoopOptions } from "../../handler/batch-loop.ts";
import type { Batch } from "../../handler/batcher.ts";
import { retryAfterOf } from "../../handler/overload.ts";
import { lineCost } from "./fixed-cost.ts";

type Loop = BatchLoop<number[], number[]>;

/** Doubles numbers; its clock stands still but for what a test says. */
function doubling(options: Partial<BatchLoopOptions<number[], number[]>> = {}) {
  const batches: number[][] = [];
  const time = { nowMs: 0, timers: [] as { delayMs: number; wake: () => void }[] };
  const loop: Loop = new BatchLoop<number[], number[]>({
    subject: "apis.double",
    async execute(batch: Batch<number[]>) {
      const rows = batch.slices.flatMap(({ payload, from, to }) => payload.slice(from, to));
      batches.push(rows);
      return { results: rows.map((row) => 2 * row), count: rows.length };
    },
    wrongCount: (count, rows) => new Error(`${count} for ${rows}`),
    clock: { now: () => time.nowMs },
    ...options,
  });
  const run = async (rows: number[], signal?: AbortSignal) => {
    const pieces = await loop.submit({ rows: rows.length, payload: rows, signal });
    return pieces.flatMap(({ results, from, to }) => results.slice(from, to));
  };
  return { loop, run, batches, time };
}

describe("BatchLoop", () => {
  it("joins what is submitted in one turn of the event loop", async () => {
    const { run, batches } = doubling();
    expect(await Promise.all([run([1]), run([2, 3]), run([4])])).toEqual([[2], [4, 6], [8]]);
    expect(batches).toEqual([[1, 2, 3, 4]]);
  });

  it("splits and joins rows above the cap", async () => {
    const { run, batches } = doubling({ settings: { maxBatchSize: 2 } });
    expect(await run([1, 2, 3, 4, 5])).toEqual([2, 4, 6, 8, 10]);
    expect(batches).toEqual([[1, 2], [3, 4], [5]]);
  });

  it("asks for a timer when rows are held, and ticks when it fires", async () => {
    const timers: { delayMs: number; wake: () => void }[] = [];
    const cancelled: number[] = [];
    const { run, batches, time } = doubling({
      settings: { maxWaitMs: 5, maxBatchSize: 2 },
      timers: {
        immediate: (wake) => {
          const handle = setImmediate(wake);
          return () => clearImmediate(handle);
        },
        after: (delayMs, wake) => {
          timers.push({ delayMs, wake });
          return () => void cancelled.push(delayMs);
        },
      },
    });
    const first = run([1]);
    expect([timers.map((timer) => timer.delayMs), batches]).toEqual([[5], []]);
    time.nowMs = 5;
    timers[0]?.wake();
    expect(await first).toEqual([2]);
    const full = Promise.all([run([2]), run([3])]);
    expect(await full).toEqual([[4], [6]]);
    expect(cancelled).toEqual([5, 5]);
  });

  it("throws what the batch failed with to each of its callers", async () => {
    const { run } = doubling({
      execute: async () => {
        throw new Error("poison");
      },
    });
    const settled = await Promise.allSettled([run([1]), run([2])]);
    expect(settled.map((result) => result.status === "rejected" && result.reason.message)).toEqual([
      "poison",
      "poison",
    ]);
  });

  it("throws the signal's reason and leaves the caller's rows out", async () => {
    const { run, batches } = doubling();
    const controller = new AbortController();
    const gone = run([1], controller.signal);
    const stays = run([2]);
    controller.abort(new Error("gone"));
    await expect(gone).rejects.toThrow("gone");
    expect(await stays).toEqual([4]);
    expect(batches).toEqual([[2]]);
    await expect(run([3], controller.signal)).rejects.toThrow("gone");
  });

  it("refuses rows above the queue's bound, with when to come again", async () => {
    const { run, loop } = doubling({ maxQueueRows: 2 });
    const [first, second] = [run([1, 2]), run([3])];
    expect(loop.queuedRows).toBe(2);
    const error = await second.catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: "BENTO_OVERLOADED",
      message: "the queue of apis.double is full",
      hint: "send it again later, or give the service more instances",
    });
    expect(retryAfterOf(error as object)).toBe(1000);
    expect(await first).toEqual([2, 4]);
  });

  it("refuses rows that would come too late", async () => {
    const { run } = doubling({
      settings: { maxLatencyMs: 100 },
      costModel: lineCost(90),
      random: () => 0.5,
    });
    const [first, second] = [run([1]), run(Array.from({ length: 150 }, (_, row) => row))];
    const error = await second.catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: "BENTO_OVERLOADED",
      message: "apis.double cannot answer within its latency limit",
    });
    expect(retryAfterOf(error as object)).toBe(84);
    expect(await first).toEqual([2]);
  });

  it("drains: holds no rows any more and waits for all answers", async () => {
    const { run, loop } = doubling({ settings: { maxWaitMs: 60_000 } });
    const held = run([1]);
    const told: string[] = [];
    void held.then(() => told.push("answered"));
    await loop.drain();
    expect(told).toEqual(["answered"]);
    await loop.drain(); // idle
    expect(await held).toEqual([2]);
  });

  it("fails only the caller whose rows fail, unless rows may not be run twice", async () => {
    const execute = async (batch: Batch<number[]>) => {
      const rows = batch.slices.flatMap(({ payload, from, to }) => payload.slice(from, to));
      if (rows.includes(13)) {
        throw new Error("bad luck");
      }
      return { results: rows, count: rows.length };
    };
    const statuses = async (retry: boolean) => {
      const { run } = doubling({ execute, retry });
      const settled = await Promise.allSettled([run([1]), run([13]), run([3])]);
      return settled.map(({ status }) => status);
    };
    expect(await statuses(true)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(await statuses(false)).toEqual(["rejected", "rejected", "rejected"]);
  });

  it("is broken for a second once all that it is given fails", async () => {
    const { run, loop, time } = doubling({
      execute: async () => {
        throw new Error("poison");
      },
    });
    for (let turn = 0; turn < 2; turn += 1) {
      await Promise.allSettled([run([1]), run([2])]);
    }
    expect(loop.isBroken).toBe(true);
    await expect(run([1])).rejects.toThrow("poison");
    time.nowMs += 1000;
    expect(loop.isBroken).toBe(false);
  });

  it("does not take an error that a caller is at fault for as the model's", async () => {
    const { run, loop } = doubling({
      execute: async () => {
        throw new ApiError(422, "no such flower");
      },
    });
    for (let turn = 0; turn < 30; turn += 1) {
      await Promise.allSettled([run([1]), run([2])]);
    }
    expect(loop.isBroken).toBe(false);
  });

  it("tells an observer of its batches, and how it stands", async () => {
    const told: unknown[] = [];
    const observer = {
      batchStarted: (batch: object) => told.push(["started", batch]),
      batchEnded: (batch: object) => told.push(["ended", batch]),
      rejected: (reason: string) => told.push(["rejected", reason]),
      cancelled: (where: string) => told.push(["cancelled", where]),
    };
    const { loop } = doubling({ observer, costModel: lineCost(4, 1), maxQueueRows: 5 });
    const submit = (rows: number, units: number, signal?: AbortSignal) =>
      loop.submit({ rows, payload: [1, 2, 3].slice(0, rows), units, signal });
    const gone = new AbortController();
    const kept = [submit(1, 8), submit(2, 2)];
    const lost = [submit(1, 1, gone.signal), submit(3, 1)];
    expect(loop.snapshot()).toEqual({
      queuedRows: 4,
      queuedBytes: 0,
      running: 0,
      plannedRows: 100,
      arrivalRate: 7 / 250,
      alphaMs: 4,
      betaMs: 1,
      spread: 0,
      lingering: false,
    });
    gone.abort();
    await Promise.allSettled([...kept, ...lost]);
    const batch = { rows: 3, padding: 12, queueWaitMs: 0, predictedMs: 7, reason: "free" };
    expect(told).toEqual([
      ["rejected", "queue-full"],
      ["cancelled", "queued"],
      ["started", batch],
      ["ended", { ...batch, durationMs: 0, isGood: true }],
    ]);
  });
});

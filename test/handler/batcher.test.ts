import { describe, expect, it } from "vitest";
import type { Batch } from "../../handler/batcher.ts";

import { finish, resultsOf, setUp } from "./batcher-world.ts";
import { lineCost, unknownCost } from "./fixed-cost.ts";

describe("Batcher", () => {
  it("joins all rows that waited for the runner", () => {
    const { batcher, world, arrive } = setUp();
    arrive("a", 1);
    batcher.tick();
    arrive("b", 1);
    arrive("c", 2);
    batcher.tick();
    expect(world.started).toHaveLength(1);
    finish(batcher, world.started[0] as Batch<string>);
    batcher.tick();
    expect(world.started).toEqual([
      { rows: 1, slices: [{ payload: "a", from: 0, to: 1 }] },
      {
        rows: 3,
        slices: [
          { payload: "b", from: 0, to: 1 },
          { payload: "c", from: 0, to: 2 },
        ],
      },
    ]);
  });

  it("splits a caller above the cap and joins its results in order, whichever runner ends first", () => {
    const { batcher, world, arrive } = setUp({}, 3);
    arrive("a", 9);
    batcher.tick();
    expect(world.started.map((batch) => batch.rows)).toEqual([4, 4, 1]);
    for (const batch of world.started.toReversed()) {
      finish(batcher, batch);
    }
    expect(resultsOf(world.outcomes.get("a")?.[0])).toEqual(
      Array.from({ length: 9 }, (_, row) => `a${row}`),
    );
  });

  it("keeps a caller that fits into one batch whole", () => {
    const { batcher, world, arrive } = setUp({}, 2);
    arrive("a", 3);
    arrive("b", 3);
    batcher.tick();
    expect(world.started.map((batch) => batch.slices)).toEqual([
      [{ payload: "a", from: 0, to: 3 }],
      [{ payload: "b", from: 0, to: 3 }],
    ]);
  });

  it("lets rows of different groups not share a batch", () => {
    const { batcher, world, arrive } = setUp({}, 2);
    arrive("a", 1, { group: "[4]" });
    arrive("b", 1, { group: "[5]" });
    arrive("c", 1, { group: "[4]" });
    batcher.tick();
    expect(world.started.map((batch) => batch.slices.map((slice) => slice.payload))).toEqual([
      ["a", "c"],
      ["b"],
    ]);
  });

  it("holds the first row for others up to maxWaitMs, and no longer once a batch is full", () => {
    const { batcher, world, arrive } = setUp({ maxWaitMs: 5 }, 2);
    arrive("a", 1);
    batcher.tick();
    expect([world.started.length, batcher.nextTickAt()]).toEqual([0, 5]);
    world.nowMs = 5;
    batcher.tick();
    expect(world.started.length).toBe(1);
    arrive("b", 4);
    expect(batcher.nextTickAt()).toBe(5);
    batcher.tick();
    expect(world.started.length).toBe(2);
  });

  it("has nothing to do while all runners work", () => {
    const { batcher, arrive } = setUp();
    arrive("a", 1);
    batcher.tick();
    arrive("b", 1);
    expect(batcher.nextTickAt()).toBeUndefined();
  });

  it("fails the callers of a failed batch, with rows that still wait, and no others", () => {
    const { batcher, world, arrive } = setUp();
    arrive("a", 6);
    arrive("b", 2);
    batcher.tick();
    const error = new Error("poison");
    batcher.done(world.started[0] as Batch<string>, { kind: "error", error });
    expect(world.outcomes.get("a")).toEqual([{ kind: "failed", error }]);
    batcher.tick();
    finish(batcher, world.started[1] as Batch<string>);
    expect(world.started[1]?.slices).toEqual([{ payload: "b", from: 0, to: 2 }]);
    expect(resultsOf(world.outcomes.get("b")?.[0])).toEqual(["b0", "b1"]);
  });

  it("fails a batch whose results are not as many as its rows", () => {
    const { batcher, world, arrive } = setUp();
    arrive("a", 2);
    arrive("b", 2);
    batcher.tick();
    const [batch] = world.started;
    batcher.done(batch as Batch<string>, { kind: "results", results: ["x"], count: 1 });
    const failed = [{ kind: "failed", error: new Error("1 for 4") }];
    expect([...world.outcomes.values()]).toEqual([failed, failed]);
  });

  it("fails a batch that the executor cannot start", () => {
    const { batcher, world, arrive } = setUp();
    const error = new Error("no");
    world.onRun = () => {
      throw error;
    };
    arrive("a", 1);
    batcher.tick();
    expect(world.outcomes.get("a")).toEqual([{ kind: "failed", error }]);
    expect(batcher.runningBatches).toBe(0);
  });

  it("drops callers that have gone when it assembles, and tells them", () => {
    const { batcher, world, arrive } = setUp();
    const gone = new AbortController();
    arrive("a", 2, { signal: gone.signal });
    arrive("b", 1);
    gone.abort();
    batcher.tick();
    expect(world.started).toEqual([{ rows: 1, slices: [{ payload: "b", from: 0, to: 1 }] }]);
    expect(world.outcomes.get("a")).toEqual([{ kind: "aborted" }]);
    expect(batcher.queuedRows).toBe(0);
  });

  it("starts nothing when all that waited have gone", () => {
    const { batcher, world, arrive } = setUp();
    arrive("a", 2, { signal: AbortSignal.abort() });
    batcher.tick();
    expect([world.started, batcher.nextTickAt()]).toEqual([[], undefined]);
  });

  it("takes an aborted caller's rows out of the queue at once", () => {
    const { batcher, world, arrive } = setUp();
    arrive("a", 1);
    batcher.tick();
    const b = arrive("b", 3);
    batcher.abort(b);
    batcher.abort(b);
    expect(batcher.queuedRows).toBe(0);
    expect(world.outcomes.get("b")).toEqual([{ kind: "aborted" }]);
  });

  it("skips the results of a caller that went while its rows ran", () => {
    const { batcher, world, arrive } = setUp();
    const a = arrive("a", 1);
    arrive("b", 1);
    batcher.tick();
    batcher.abort(a);
    finish(batcher, world.started[0] as Batch<string>);
    finish(batcher, world.started[0] as Batch<string>);
    expect(world.outcomes.get("a")).toEqual([{ kind: "aborted" }]);
    expect(resultsOf(world.outcomes.get("b")?.[0])).toEqual(["b0"]);
    expect(world.outcomes.get("b")).toHaveLength(1);
  });

  it("refuses rows beyond the queue's bound at arrival, but never those that find it empty", () => {
    const { batcher, world, arrive } = setUp({ maxQueueRows: 5 });
    arrive("large", 9);
    arrive("next", 1);
    expect(world.outcomes.get("large")).toEqual([]);
    expect(world.outcomes.get("next")).toEqual([
      { kind: "rejected", reason: "queue-full", retryAfterMs: 1000 },
    ]);
    expect(batcher.queuedRows).toBe(9);
  });

  it("refuses rows whose wait would pass maxLatencyMs, once the cost is known", () => {
    const cost = lineCost(400);
    const { batcher, world, arrive } = setUp({ maxLatencyMs: 1000 }, 1, cost);
    arrive("a", 4);
    batcher.tick();
    arrive("b", 4); // 400 to wait, 400 to run
    arrive("c", 4); // 400 to wait, 800 to run
    expect(world.outcomes.get("b")).toEqual([]);
    expect(world.outcomes.get("c")).toEqual([
      { kind: "rejected", reason: "too-late", retryAfterMs: 230 },
    ]);
  });

  it("takes rows while idle, however slow the model is thought to be", () => {
    const { world, arrive } = setUp({}, 1, lineCost(9e9));
    arrive("a", 1);
    expect(world.outcomes.get("a")).toEqual([]);
  });

  it("refuses nothing for lateness while the cost is unknown", () => {
    const { batcher, world, arrive } = setUp({ maxLatencyMs: 1 });
    arrive("a", 1);
    batcher.tick();
    world.nowMs = 500;
    arrive("b", 100);
    expect(world.outcomes.get("b")).toEqual([]);
  });

  it("learns the cost of batches that went well, by rows and time", () => {
    const seen: [number, number][] = [];
    const cost = unknownCost((rows, ms) => void seen.push([rows, ms]));
    const { batcher, world, arrive } = setUp({}, 1, cost);
    for (const isGood of [true, false]) {
      arrive("a", 2);
      batcher.tick();
      world.nowMs += 7;
      const batch = world.started.at(-1) as Batch<string>;
      if (isGood) {
        finish(batcher, batch);
      } else {
        batcher.done(batch, { kind: "error", error: "no" });
      }
    }
    expect(seen).toEqual([[2, 7]]);
  });

  it("does not run rows whose answer would come too late because a run took longer than expected", () => {
    const { batcher, world, arrive } = setUp({ maxLatencyMs: 1000 }, 1, lineCost(400));
    arrive("a", 4);
    batcher.tick();
    arrive("b", 4);
    world.nowMs = 700; // 300 later than expected
    finish(batcher, world.started[0] as Batch<string>);
    batcher.tick();
    expect(world.outcomes.get("b")).toEqual([
      { kind: "rejected", reason: "expired", retryAfterMs: 400 },
    ]);
    expect([batcher.queuedRows, batcher.runningBatches]).toEqual([0, 0]);
  });

  it("lets rows behind move up into the room of callers that have gone, no further", () => {
    const { batcher, world, arrive } = setUp({ maxBatchSize: 3 });
    arrive("first", 3);
    batcher.tick();
    const [gone] = [arrive("gone", 2), arrive("kept", 1), arrive("next", 1), arrive("last", 2)];
    batcher.abort(gone);
    finish(batcher, world.started[0] as Batch<string>);
    batcher.tick();
    expect(world.started[1]?.slices.map((slice) => slice.payload)).toEqual(["kept", "next"]);
  });

  it("puts a caller in more of a hurry before those that wait, where their promises allow it", () => {
    const { batcher, world, arrive } = setUp({ maxBatchSize: 1 }, 1, lineCost(10));
    arrive("running", 1);
    batcher.tick();
    arrive("patient", 1);
    arrive("hurried", 1, { deadlineMs: 25 });
    arrive("hopeless", 1, { deadlineMs: 25 });
    expect(world.outcomes.get("hopeless")?.map((outcome) => outcome.kind)).toEqual(["rejected"]);
    for (const index of [0, 1]) {
      world.nowMs += 10;
      finish(batcher, world.started[index] as Batch<string>);
      batcher.tick();
    }
    expect(world.started.map((batch) => batch.slices[0]?.payload)).toEqual([
      "running",
      "hurried",
      "patient",
    ]);
  });
});

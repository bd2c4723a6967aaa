import { describe, expect, it } from "vitest";
import { BatchLoop } from "../../handler/batch-loop.ts";
import { lineCost } from "./fixed-cost.ts";

describe("BatchLoop.refuse", () => {
  const setUp = () => {
    let nowMs = 0;
    const rejected: string[] = [];
    const gate = Promise.withResolvers<void>();
    const loop = new BatchLoop<number, readonly number[]>({
      subject: "the test",
      settings: { maxBatchSize: 1, maxLatencyMs: 50 },
      clock: { now: () => nowMs },
      random: () => 0.5,
      costModel: lineCost(10, 10),
      observer: { rejected: (reason) => void rejected.push(reason) },
      async execute(batch) {
        await gate.promise;
        return { results: batch.slices.map(({ payload }) => payload), count: batch.rows };
      },
      wrongCount: () => new Error("wrong count"),
    });
    const submit = () => loop.submit({ rows: 1, payload: 1, arrivedAt: nowMs });
    const wait = (ms: number) => {
      nowMs += ms;
    };
    return { loop, rejected, gate, submit, wait };
  };

  it("lets a burst pass while nothing runs", () => {
    const { loop, rejected } = setUp();
    expect([loop.refuse(0), loop.refuse(-40), rejected]).toEqual([undefined, undefined, []]);
  });

  it("counts everyone it turns away, and looks again once the queue has changed", async () => {
    const { loop, rejected, gate, submit } = setUp();
    const first = submit();
    await new Promise(setImmediate);
    expect(loop.refuse(0)).toBeUndefined();
    const second = submit();
    const refused = loop.refuse(0);
    expect(refused).toMatchObject({ reason: "too-late", subject: "the test" });
    expect(loop.refuse(0)).toBe(refused);
    expect(rejected).toEqual(["too-late", "too-late"]);
    gate.resolve();
    await Promise.all([first, second]);
    expect(loop.refuse(0)).toBeUndefined();
  });

  it("takes callers whose rows are being read for rows that are to come", async () => {
    const { loop, gate, submit } = setUp();
    const first = submit();
    await new Promise(setImmediate);
    const end = loop.reading();
    expect(loop.refuse(0)).toMatchObject({ reason: "too-late" });
    end();
    expect(loop.refuse(0)).toBeUndefined();
    gate.resolve();
    await first;
  });

  it("counts a caller's time from when the process got it", async () => {
    const { loop, gate, submit, wait } = setUp();
    const first = submit();
    await new Promise(setImmediate);
    wait(1);
    expect(loop.refuse(1)).toBeUndefined();
    expect(loop.refuse(-30)).toMatchObject({ reason: "too-late" });
    gate.resolve();
    await first;
  });
});

import { describe, expect, it } from "vitest";
import { FairShare } from "../../../handler/runner/fair-share.ts";

/** Models whose runs take virtual time; one slot unless told otherwise. */
function world(slots = 1) {
  let now = 0;
  const share = new FairShare({ slots, clock: { now: () => now } });
  const log: { name: string; waitedMs: number }[] = [];
  const ends: { at: number; resolve: () => void }[] = [];
  const model = (name: string, runMs: number) => {
    const flow = share.flow();
    return (rows = 1) => {
      const askedAt = now;
      return flow.run(rows, () => {
        log.push({ name, waitedMs: now - askedAt });
        return new Promise<void>((resolve) => void ends.push({ at: now + runMs, resolve }));
      });
    };
  };
  const settle = async () => {
    for (let turn = 0; turn < 20; turn += 1) {
      await Promise.resolve();
    }
  };
  /** Lets time go on from the end of one run to the next. */
  const runUntil = async (endMs: number) => {
    await settle();
    while (ends.length > 0) {
      ends.sort((a, b) => a.at - b.at);
      const next = ends.shift();
      if (next === undefined || next.at > endMs) {
        return;
      }
      now = next.at;
      next.resolve();
      await settle();
    }
  };
  return { log, model, runUntil };
}

/** Asks again as soon as it is served, `deep` batches at a time. */
function greedy(run: () => Promise<void>, deep: number): void {
  const again = (): Promise<void> => run().then(again);
  for (let count = 0; count < deep; count += 1) {
    void again();
  }
}

describe("FairShare", () => {
  it("lets work pass at once while there is room", async () => {
    const { log, model, runUntil } = world(2);
    const run = model("a", 10);
    void run();
    void run();
    void run();
    await runUntil(5);
    expect(log).toEqual([
      { name: "a", waitedMs: 0 },
      { name: "a", waitedMs: 0 },
    ]);
    await runUntil(10);
    expect(log.at(-1)).toEqual({ name: "a", waitedMs: 10 });
  });

  it("bounds the wait of a fast model beside a slow one that always has more", async () => {
    const { log, model, runUntil } = world();
    greedy(model("slow", 100), 10);
    greedy(model("fast", 1), 1);
    await runUntil(10_000);
    const waits = log.filter(({ name }) => name === "fast").map(({ waitedMs }) => waitedMs);
    expect(waits.length).toBeGreaterThan(80);
    // one run of the slow one, never two
    expect(Math.max(...waits.slice(2))).toBeLessThanOrEqual(100);
  });

  it("gives a slow and a fast model with as much to do the same time", async () => {
    const { log, model, runUntil } = world();
    greedy(model("slow", 50), 4);
    greedy(model("fast", 5), 4);
    await runUntil(20_000);
    const count = (name: string) => log.filter((entry) => entry.name === name).length;
    expect((count("slow") * 50) / (count("fast") * 5)).toBeCloseTo(1, 1);
  });

  it("passes on what work fails with, and goes on", async () => {
    const share = new FairShare({ slots: 1 });
    const flow = share.flow();
    await expect(flow.run(1, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(await flow.run(1, async () => "next")).toBe("next");
  });
});

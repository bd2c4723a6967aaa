import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { finish, setUp } from "./batcher-world.ts";
import { lineCost } from "./fixed-cost.ts";

describe("Batcher.wouldRefuse", () => {
  it("says before the rows are read what arriving would say", () => {
    const step = fc.record({
      afterMs: fc.integer({ min: 0, max: 12 }),
      rows: fc.integer({ min: 1, max: 9 }),
      priority: fc.constantFrom("normal", "low"),
    });
    const scenario = fc.record({
      runners: fc.integer({ min: 1, max: 3 }),
      steps: fc.array(step, { minLength: 1, maxLength: 60 }),
    });
    fc.assert(
      fc.property(scenario, ({ runners, steps }) => {
        const config = { maxBatchSize: 4, maxLatencyMs: 60, maxQueueRows: 24 };
        const { batcher, world, arrive } = setUp(config, runners, lineCost(8, 2));
        const ends: { readonly at: number; end(): void }[] = [];
        world.onRun = (batch) =>
          ends.push({ at: world.nowMs + 8 + 2 * batch.rows, end: () => finish(batcher, batch) });
        for (const [index, { afterMs, rows, priority }] of steps.entries()) {
          const until = world.nowMs + afterMs;
          for (let next = ends[0]; next !== undefined && next.at <= until; next = ends[0]) {
            ends.shift();
            world.nowMs = next.at;
            next.end();
            batcher.tick();
          }
          world.nowMs = until;
          const before = batcher.snapshot();
          const refusal = batcher.wouldRefuse({ rows, priority });
          expect(batcher.snapshot()).toEqual(before);
          arrive(`caller ${index}`, rows, { priority });
          const [outcome] = world.outcomes.get(`caller ${index}`) ?? [];
          expect(refusal).toEqual(
            outcome?.kind === "rejected"
              ? { reason: outcome.reason, retryAfterMs: outcome.retryAfterMs }
              : undefined,
          );
          batcher.tick();
          ends.sort((a, b) => a.at - b.at);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("lets a caller of another group pass who may still join those of its own", () => {
    const { batcher, world, arrive } = setUp({ maxLatencyMs: 42 }, 1, lineCost(20, 0));
    arrive("running", 4);
    batcher.tick();
    arrive("waiting", 1, { group: "other" });
    world.nowMs = 1;
    expect(batcher.wouldRefuse({ rows: 1 })).toBeUndefined();
    expect(batcher.wouldRefuse({ rows: 4 })).toMatchObject({ reason: "too-late" });
  });
});

describe("Asked.spareMs", () => {
  it("refuses callers that would be done later than so long before they have to", () => {
    const { batcher, world, arrive } = setUp({ maxLatencyMs: 100 }, 1, lineCost(20, 0));
    arrive("running", 4);
    batcher.tick();
    world.nowMs = 1;
    const refusals = [50, 60].map((spareMs) => batcher.wouldRefuse({ rows: 1, spareMs })?.reason);
    expect(refusals).toEqual([undefined, "too-late"]);
    expect(batcher.wouldRefuse({ rows: 1 })).toBeUndefined();
  });
});

describe("Arrival.arrivedAt", () => {
  it("is when the time to an answer begins", () => {
    const { batcher, world, arrive } = setUp({ maxLatencyMs: 100 }, 1, lineCost(20, 0));
    world.nowMs = 70;
    arrive("running", 1);
    batcher.tick();
    arrive("in time", 1);
    arrive("long on its way", 4, { arrivedAt: 10 });
    expect(world.outcomes.get("in time")).toEqual([]);
    expect(world.outcomes.get("long on its way")).toMatchObject([
      { kind: "rejected", reason: "too-late" },
    ]);
  });

  it("refuses nobody beside an idle runner", () => {
    const { batcher, world, arrive } = setUp({ maxLatencyMs: 100 }, 1, lineCost(20, 0));
    world.nowMs = 500;
    arrive("late", 1, { arrivedAt: 10 });
    batcher.tick();
    expect(world.started).toHaveLength(1);
  });

  it("gives a caller who was read a little late no run of its own before a full batch", () => {
    const { batcher, world, arrive } = setUp({ maxLatencyMs: 200 }, 1, lineCost(20, 0));
    world.nowMs = 50;
    arrive("running", 4);
    batcher.tick();
    arrive("waiting", 4);
    arrive("read late", 1, { arrivedAt: 40 });
    arrive("next", 3);
    for (const index of [0, 1]) {
      finish(batcher, world.started[index] ?? { rows: 0, slices: [] });
      batcher.tick();
    }
    expect(world.started.map(({ slices }) => slices.map(({ payload }) => payload))).toEqual([
      ["running"],
      ["waiting"],
      ["read late", "next"],
    ]);
  });

  it("lets a caller before others who can wait a run longer than it", () => {
    const { batcher, world, arrive } = setUp({ maxLatencyMs: 200 }, 1, lineCost(20, 0));
    world.nowMs = 100;
    arrive("running", 4);
    batcher.tick();
    arrive("waiting", 4);
    arrive("read late", 1, { arrivedAt: 10 });
    finish(batcher, world.started[0] ?? { rows: 0, slices: [] });
    batcher.tick();
    expect(world.started.at(-1)?.slices).toMatchObject([{ payload: "read late" }]);
  });
});

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
          const refusal = batcher.wouldRefuse(rows, priority);
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
    expect(batcher.wouldRefuse(1)).toBeUndefined();
    expect(batcher.wouldRefuse(4)).toMatchObject({ reason: "too-late" });
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
});

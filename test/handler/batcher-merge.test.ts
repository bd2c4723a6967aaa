import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { finish, resultsOf, rowsOf, setUp } from "./batcher-world.ts";
import { lineCost } from "./fixed-cost.ts";

/** A run of 10 ms and 0.1 ms for each unit of work. */
const COST = lineCost(10, 0.1);
const CONFIG = { maxBatchSize: 8, maxUnits: 1000, linger: false };

/** Rows of a length; lengths of one ten are a group, all of them a family. */
function long(length: number) {
  return { units: length, group: `~${Math.floor(length / 10)}`, family: "~" };
}

/** A batcher whose runner is busy, so that what arrives waits. */
function busy(config: Parameters<typeof setUp>[0] = {}, cost = COST) {
  const world = setUp({ ...CONFIG, ...config }, 1, cost);
  world.arrive("busy", 1);
  world.batcher.tick();
  const [first] = world.world.started;
  const free = () => {
    world.world.nowMs = 10.1;
    if (first !== undefined) {
      finish(world.batcher, first);
    }
    world.batcher.tick();
    return world.world.started.slice(1).map((batch) => rowsOf(batch).join(" "));
  };
  return { ...world, free };
}

describe("Batcher, with groups of one family", () => {
  it("joins batches that are too empty when a runner is free for them", () => {
    const { arrive, free, batcher, world } = busy();
    arrive("a", 2, long(19));
    arrive("b", 1, long(20));
    expect(free()).toEqual(["a0 a1 b0"]);
    expect(batcher.queuedRows).toBe(0);
    const [, batch] = world.started;
    if (batch !== undefined) {
      finish(batcher, batch);
    }
    expect(resultsOf(world.outcomes.get("b")?.[0])).toEqual(["b0"]);
  });

  it("fills a batch with its own group first", () => {
    const { arrive, free } = busy();
    arrive("a", 8, long(19));
    arrive("b", 1, long(20));
    expect(free()).toEqual(["a0 a1 a2 a3 a4 a5 a6 a7"]);
  });

  it.each([
    ["a fifth of it would be padding", { a: long(10), b: long(30) }, {}],
    ["the families differ", { a: long(19), b: { ...long(20), family: "other" } }, {}],
    ["they have none", { a: { units: 19, group: "1" }, b: { units: 20, group: "2" } }, {}],
    ["one gives way", { a: long(19), b: { ...long(20), priority: "low" as const } }, {}],
    ["it is more work than a batch takes", { a: long(19), b: long(20) }, { maxUnits: 30 }],
    ["someone would be late", { a: { ...long(19), deadlineMs: 24 }, b: long(30) }, {}],
  ])("keeps them apart where %s", (_, { a, b }, config) => {
    const { arrive, free } = busy(config);
    arrive("a", 1, a);
    arrive("b", 1, b);
    expect(free()).toEqual([expect.stringMatching(/^[ab]0$/)]);
  });

  it("keeps them apart where padding costs more than the run that it saves", () => {
    const { arrive, free } = busy({}, lineCost(0.1, 0.1));
    arrive("a", 7, long(17));
    arrive("b", 1, long(20));
    expect(free()).toEqual(["a0 a1 a2 a3 a4 a5 a6"]);
  });

  it("keeps them apart where each has a runner", () => {
    const { arrive, batcher, world } = setUp(CONFIG, 2, COST);
    arrive("a", 1, long(19));
    arrive("b", 1, long(20));
    batcher.tick();
    expect(world.started.map(rowsOf)).toEqual([["a0"], ["b0"]]);
  });

  it("drops a caller of a joined batch that has gone", () => {
    const { arrive, free, batcher, world } = busy();
    const a = arrive("a", 1, long(19));
    arrive("b", 1, long(20));
    batcher.abort(a);
    expect(free()).toEqual(["b0"]);
    expect(world.outcomes.get("a")).toEqual([{ kind: "aborted" }]);
  });

  it("answers each caller once and in time, whatever is joined", () => {
    const call = fc.record({
      rows: fc.integer({ min: 1, max: 10 }),
      length: fc.integer({ min: 5, max: 40 }),
      gapMs: fc.integer({ min: 0, max: 15 }),
      deadlineMs: fc.integer({ min: 100, max: 400 }),
    });
    fc.assert(
      fc.property(fc.array(call, { minLength: 1, maxLength: 40 }), (calls) => {
        const { arrive, batcher, world } = setUp(CONFIG, 1, COST);
        const dueAt = new Map<string, number>();
        let endsAt = Number.POSITIVE_INFINITY;
        const step = (untilMs: number) => {
          while (endsAt <= untilMs) {
            world.nowMs = endsAt;
            endsAt = Number.POSITIVE_INFINITY;
            const batch = world.started.at(-1);
            if (batch !== undefined) {
              finish(batcher, batch);
            }
            batcher.tick();
          }
          world.nowMs = untilMs;
          batcher.tick();
        };
        world.onRun = (batch) => {
          const units = batch.slices.map(({ payload }) => Number(payload.split("/")[1]));
          endsAt = world.nowMs + (COST.predict(batch.rows * Math.max(...units)) ?? 0);
        };
        for (const [index, { rows, length, gapMs, deadlineMs }] of calls.entries()) {
          step(world.nowMs + gapMs);
          const name = `${index}/${length}/`;
          dueAt.set(name, world.nowMs + deadlineMs);
          const settled: number[] = [];
          const arrival = arrive(name, rows, { ...long(length), deadlineMs });
          const { settle } = arrival;
          Object.assign(arrival, {
            settle(outcome: Parameters<typeof settle>[0]) {
              settled.push(world.nowMs);
              expect(world.nowMs).toBeLessThanOrEqual(dueAt.get(name) ?? 0);
              settle(outcome);
            },
          });
          batcher.tick();
        }
        step(world.nowMs + 100_000);
        for (const [index, { length, rows }] of calls.entries()) {
          const name = `${index}/${length}/`;
          const told = world.outcomes.get(name) ?? [];
          expect(told).toHaveLength(1);
          const results = resultsOf(told[0]);
          const own = Array.from({ length: rows }, (_, row) => `${name}${row}`);
          expect(results ?? own).toEqual(own);
          expect(told[0]?.kind).toMatch(/^(done|rejected)$/);
        }
      }),
      { numRuns: 300 },
    );
  });
});

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { BatcherConfig } from "../../handler/batcher.ts";
import type { CostModel } from "../../handler/cost-model.ts";
import { lineCost } from "./fixed-cost.ts";
import { type Given, simulate } from "./virtual-time.ts";

const gap = fc.oneof(
  fc.constant(0),
  fc.double({ min: 0, max: 5, noNaN: true }),
  fc.double({ min: 0, max: 60, noNaN: true }),
);

const load = (arrival: fc.Arbitrary<Omit<Given, "at">>): fc.Arbitrary<Given[]> =>
  fc.array(fc.tuple(gap, arrival), { maxLength: 120 }).map((steps) => {
    let at = 0;
    return steps.map(([gapMs, given]) => {
      at += gapMs;
      return { at, ...given };
    });
  });

const cost = fc
  .tuple(fc.double({ min: 0.1, max: 10, noNaN: true }), fc.double({ min: 0, max: 3, noNaN: true }))
  .map(([alphaMs, betaMs]) => lineCost(alphaMs, betaMs));

const world = fc.record({
  runners: fc.integer({ min: 1, max: 3 }),
  maxBatchSize: fc.integer({ min: 1, max: 40 }),
  maxLatencyMs: fc.constantFrom(10, 40, 100, 400),
  maxWaitMs: fc.constantFrom(0, 0, 5, 30),
});

/** Time that a caller needs with all runners to itself; below the limit it is never let in without a promise. */
function aloneMs(costModel: CostModel, rows: number, maxBatchSize: number, runners: number) {
  const batches = Math.ceil(rows / maxBatchSize);
  return (
    Math.ceil(batches / runners) * (costModel.predict(Math.min(rows, maxBatchSize)) ?? Number.NaN)
  );
}

function latest(
  config: Partial<BatcherConfig> & { readonly runners: number },
  costModel: CostModel,
  arrivals: readonly Given[],
) {
  const { maxLatencyMs = 1000, maxBatchSize = 4, runners } = config;
  const told = simulate({ config, costModel, runners, arrivals });
  const late = told.filter(({ outcome, given, endedAt }) => {
    const limitMs = given.deadlineMs ?? maxLatencyMs;
    const isPossible = aloneMs(costModel, given.rows ?? 1, maxBatchSize, runners) <= 0.97 * limitMs;
    return isPossible && outcome.kind === "done" && endedAt > given.at + limitMs + 1e-9;
  });
  const kinds = told.map(({ outcome }) =>
    outcome.kind === "rejected" ? outcome.reason : outcome.kind,
  );
  return { late, kinds, told };
}

describe("Batcher, when batches take exactly as long as expected", () => {
  it.each<[string, fc.Arbitrary<Omit<Given, "at">>]>([
    ["single rows", fc.constant({ rows: 1 })],
    [
      "callers with several rows, also above the cap",
      fc.record({ rows: fc.integer({ min: 1, max: 90 }) }),
    ],
    [
      "rows of different shapes",
      fc.record({ rows: fc.integer({ min: 1, max: 6 }), group: fc.constantFrom("x", "y", "z") }),
    ],
    [
      "callers with deadlines of their own",
      fc.record({
        rows: fc.integer({ min: 1, max: 6 }),
        deadlineMs: fc.constantFrom(undefined, 15, 50, 300),
      }),
    ],
    [
      "two classes, shapes, deadlines and sizes at once",
      fc.record({
        rows: fc.integer({ min: 1, max: 50 }),
        priority: fc.constantFrom("normal" as const, "low" as const),
        deadlineMs: fc.constantFrom(undefined, 15, 50, 300),
        group: fc.constantFrom("x", "y"),
      }),
    ],
    [
      "callers of whom some go away",
      fc.record({
        rows: fc.integer({ min: 1, max: 50 }),
        leavesAfterMs: fc.constantFrom(undefined, 0, 1, 20),
      }),
    ],
  ])("answers none that it let in too late: %s", (_, arrival) => {
    fc.assert(
      fc.property(world, cost, load(arrival), (config, costModel, arrivals) => {
        const { late, kinds } = latest(config, costModel, arrivals);
        expect(late).toEqual([]);
        // refused on arrival or answered: nothing is given up after a wait
        expect(kinds.filter((kind) => kind === "expired" || kind === "failed")).toEqual([]);
      }),
      { numRuns: 400 },
    );
  });

  it("refuses none of a burst of 200 after a quiet minute when there is capacity for it", () => {
    const steady = [...Array(50).keys()].map((index) => ({ at: index * 20 }));
    const burst = [...Array(200).keys()].map((index) => ({ at: 61_000 + index * 0.01 }));
    for (const runners of [1, 2, 3]) {
      for (const [maxLatencyMs, maxBatchSize] of [
        [1000, 32],
        [400, 100],
        [400, 200],
      ]) {
        const { kinds } = latest(
          { runners, maxLatencyMs, maxBatchSize } as never,
          lineCost(2.8, 1.26),
          [...steady, ...burst],
        );
        expect(new Set(kinds)).toEqual(new Set(["done"]));
      }
    }
  });

  it("says when to come again: those who do are let in", () => {
    const config = { runners: 1, maxLatencyMs: 100, maxBatchSize: 32 };
    const arrivals = [...Array(100).keys()].map(() => ({ at: 0 }));
    const { told } = latest(config, lineCost(2.8, 1.26), arrivals);
    const refused = told.filter(({ outcome }) => outcome.kind === "rejected");
    expect(refused.length).toBeGreaterThan(10);
    const waits = refused.map(({ outcome }) =>
      outcome.kind === "rejected" ? outcome.retryAfterMs : 0,
    );
    const again = Math.max(...waits);
    const { kinds } = latest(config, lineCost(2.8, 1.26), [...arrivals, { at: again + 1 }]);
    expect(kinds.at(-1)).toBe("done");
  });
});

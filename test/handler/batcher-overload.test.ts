import { describe, expect, it } from "vitest";
import { scaleShapeCost } from "../../handler/cost-model.ts";
import { lineCost } from "./fixed-cost.ts";
import { seeded } from "./seeded.ts";
import { type Given, simulate } from "./virtual-time.ts";

/** Arrivals at random, at `rate` a millisecond, for so long. */
function poisson(rate: number, untilMs: number, seed: number, more: Partial<Given> = {}): Given[] {
  const random = seeded(seed);
  const arrivals: Given[] = [];
  let at = 0;
  while (at < untilMs) {
    arrivals.push({ at, ...more });
    at -= Math.log(1 - random()) / rate;
  }
  return arrivals;
}

const ALPHA = 2.8;
const BETA = 1.26;
const D = 100;
const FIFO_CEILING = (1 - (2 * ALPHA) / D) / BETA;
const profile = { points: [1, 8, 32].map((rows) => ({ rows, ms: ALPHA + BETA * rows })) };

describe("Batcher under overload", () => {
  it.each([
    [1.2, 0.006],
    [2, 0.005],
    [4, 0.005],
  ])("keeps nine tenths of the ceiling at %d times the load, with noise", (load, lateShare) => {
    const noise = seeded(7);
    const untilMs = 60_000;
    const told = simulate({
      config: { maxBatchSize: 100, maxLatencyMs: D },
      costModel: scaleShapeCost({ profile }),
      runners: 1,
      arrivals: poisson(load / BETA, untilMs, 3),
      runMs: (rows) => {
        const bell = noise() + noise() + noise() + noise() - 2; // deviation 0.58
        return (ALPHA + BETA * rows) * (noise() < 0.005 ? 3 : Math.exp(0.14 * bell));
      },
    });
    const done = told.filter(({ outcome }) => outcome.kind === "done");
    const late = done.filter(({ given, endedAt }) => endedAt > given.at + D);
    const goodput = (done.length - late.length) / untilMs;
    expect(goodput / FIFO_CEILING).toBeGreaterThan(0.9);
    expect(late.length / told.length).toBeLessThan(lateShare);
  });

  it("serves on when all batches have one size for long and times are noisy", () => {
    const noise = seeded(5);
    const costModel = scaleShapeCost();
    const arrivals: Given[] = [];
    // eight callers come together, every time: the batch has one size, and a fit would be of noise
    for (let at = 0; at < 600_000; at += 16) {
      arrivals.push(...Array.from({ length: 8 }, () => ({ at })));
    }
    let gapMs = 0;
    let lastAt = 0;
    const told = simulate({
      config: { maxBatchSize: 8, maxLatencyMs: D },
      costModel,
      runners: 1,
      arrivals,
      runMs: (rows) => (ALPHA + BETA * rows) * (0.7 + 0.6 * noise()),
      onStart: (_, now) => {
        gapMs = Math.max(gapMs, now - lastAt);
        lastAt = now;
      },
    });
    expect(gapMs).toBeLessThan(D);
    expect(told.filter(({ outcome }) => outcome.kind === "done").length / told.length).toBe(1);
  });

  it("serves on at twice the load from a calibration that is 100 times too slow", () => {
    const slow = { points: profile.points.map(({ rows, ms }) => ({ rows, ms: 100 * ms })) };
    const costModel = scaleShapeCost({ profile: slow });
    const told = simulate({
      config: { maxBatchSize: 100, maxLatencyMs: D },
      costModel,
      runners: 1,
      arrivals: poisson(2 / BETA, 20_000, 3),
      runMs: (rows) => ALPHA + BETA * rows,
    });
    const later = told.filter(({ given }) => given.at > 10_000);
    const done = later.filter(({ outcome }) => outcome.kind === "done");
    expect(done.length / 10_000 / FIFO_CEILING).toBeGreaterThan(0.9);
    expect((costModel.predict(32) ?? 0) / (ALPHA + BETA * 32)).toBeCloseTo(1, 1);
  });

  it("gives low callers their share, and normal ones first place", () => {
    const both = [
      ...poisson(1 / BETA, 10_000, 1, { priority: "normal" }),
      ...poisson(1 / BETA, 10_000, 2, { priority: "low" }),
    ].sort((a, b) => a.at - b.at);
    const told = simulate({
      config: { maxBatchSize: 100, maxLatencyMs: D },
      costModel: lineCost(ALPHA, BETA),
      runners: 1,
      arrivals: both,
    });
    const served = (priority: string) => {
      const own = told.filter(({ given }) => given.priority === priority);
      return own.filter(({ outcome }) => outcome.kind === "done").length / own.length;
    };
    expect(served("normal")).toBeGreaterThan(served("low"));
    expect(served("low")).toBeGreaterThan(0.05);
  });

  it("starves no class while the cost is unknown", () => {
    const waits: number[] = [];
    const arrivals = [
      ...poisson(1.5 / BETA, 3000, 1, { priority: "normal" }),
      ...poisson(0.05, 3000, 2, { priority: "low" }),
    ].sort((a, b) => a.at - b.at);
    const told = simulate({
      config: { maxBatchSize: 16, maxLatencyMs: 60_000 },
      costModel: {
        ...lineCost(1),
        isTrained: false,
        plan: () => undefined,
        predict: () => undefined,
      },
      runners: 1,
      arrivals,
      runMs: (rows) => ALPHA + BETA * rows,
    });
    for (const { given, endedAt } of told) {
      if (given.priority === "low") {
        waits.push(endedAt - given.at);
      }
    }
    // less than those who come with many others
    const normal = told.filter(({ given }) => given.priority === "normal");
    const worst = Math.max(...normal.map(({ given, endedAt }) => endedAt - given.at));
    expect(Math.max(...waits)).toBeLessThan(worst);
  });

  it("lets callers that come after a large one take turns with it", () => {
    const told = simulate({
      config: { maxBatchSize: 10, maxLatencyMs: 60_000 },
      costModel: lineCost(10),
      runners: 1,
      arrivals: [
        { at: 0, rows: 200 },
        { at: 1, rows: 1 },
        { at: 2, rows: 1 },
      ],
    });
    expect(told.map(({ endedAt }) => endedAt)).toEqual([210, 30, 30]);
  });

  it("bounds the bytes that wait", () => {
    const told = simulate({
      config: { maxQueueBytes: 100, maxBatchSize: 1 },
      costModel: lineCost(10),
      runners: 1,
      arrivals: [0, 1, 2, 3].map((at) => ({ at, bytes: 60 })),
    });
    expect(told.map(({ outcome }) => outcome.kind)).toEqual([
      "done",
      "done",
      "rejected",
      "rejected",
    ]);
  });

  it("bounds a batch by its work units, padding counted", () => {
    const sizes: number[] = [];
    simulate({
      config: { maxUnits: 100, maxBatchSize: 50 },
      costModel: lineCost(10),
      runners: 1,
      arrivals: [10, 10, 10, 50, 10].map((units) => ({ at: 0, units })),
      onStart: (batch) => sizes.push(batch.rows),
    });
    expect(sizes).toEqual([3, 2]);
  });
});

describe("Batcher, cold under four times the load", () => {
  const cells = [0.1, 0.5, 2, 10].flatMap((ratio) =>
    [4, 10].flatMap((deadlines) => [100, 1024].map((cap) => [ratio, deadlines, cap] as const)),
  );

  it.each(cells)("learns α/β %d with D of %d rows' time and up to %d rows a batch", (...cell) => {
    const [ratio, deadlines, maxBatchSize] = cell;
    const betaMs = 5 / (1 + ratio);
    const alphaMs = ratio * betaMs;
    const maxLatencyMs = 5 * deadlines;
    const noise = seeded(7);
    const told = simulate({
      config: { maxBatchSize, maxLatencyMs },
      costModel: scaleShapeCost(),
      runners: 1,
      arrivals: poisson(4 / betaMs, 4000, 3),
      runMs: (rows) => (alphaMs + betaMs * rows) * (0.9 + 0.2 * noise()),
    });
    const good = told.filter(
      ({ given: { at }, endedAt, outcome }) =>
        at > 1000 && outcome.kind === "done" && endedAt <= at + maxLatencyMs,
    );
    const ceiling = (1 - (2 * alphaMs) / maxLatencyMs) / betaMs;
    expect(good.length / 3000 / ceiling).toBeGreaterThan(0.9);
  });

  it("turns nobody away before it has learnt, and runs callers in their order", () => {
    const costModel = scaleShapeCost();
    const order: number[] = [];
    const untrained: boolean[] = [];
    const told = simulate({
      config: { maxBatchSize: 1024, maxLatencyMs: 20 },
      costModel,
      runners: 1,
      arrivals: poisson(0.8, 1000, 1),
      runMs: (rows) => 0.5 + 4.5 * rows,
      onStart(batch) {
        order.push(...batch.slices.map(({ payload }) => Number(payload)));
        untrained.push(...batch.slices.map(() => !costModel.isTrained));
      },
    });
    expect(order).toEqual(order.toSorted((a, b) => a - b));
    const last = order[untrained.lastIndexOf(true)] ?? 0;
    expect(last).toBeGreaterThan(8);
    const first = told.slice(0, last + 1);
    expect(first.every(({ outcome }) => outcome.kind === "done")).toBe(true);
  });
});

describe("Batcher, near what it can do, with little time", () => {
  it.each([
    [10, 0.95],
    [50, 1],
  ])("with α/β %d at 1.2 times the load does %d of the ceiling, and nothing late", (...given) => {
    const [ratio, share] = given;
    const betaMs = 5 / (1 + ratio);
    const alphaMs = ratio * betaMs;
    const maxLatencyMs = 20;
    const told = simulate({
      config: { maxBatchSize: 1024, maxLatencyMs },
      costModel: lineCost(alphaMs, betaMs),
      runners: 1,
      arrivals: poisson(1.2 / betaMs, 5000, 3),
    });
    const done = told.filter(({ outcome }) => outcome.kind === "done");
    const late = done.filter(({ given: { at }, endedAt }) => endedAt > at + maxLatencyMs);
    const ceiling = Math.min(1.2, 1 - (2 * alphaMs) / maxLatencyMs) / betaMs;
    expect(late.length).toBe(0);
    expect(done.length / 5000 / ceiling).toBeGreaterThan(share);
  });
});

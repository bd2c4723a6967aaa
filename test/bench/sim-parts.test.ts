import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ARRIVAL_KINDS, arrivalsOf } from "../../bench/sim/arrivals.ts";
import { EventQueue } from "../../bench/sim/event-queue.ts";
import { executorModel, NOISY } from "../../bench/sim/executor.ts";
import { planOf } from "../../bench/sim/grid.ts";
import { judge } from "../../bench/sim/judge.ts";
import { gamma, randomAt, randomStream } from "../../bench/sim/random.ts";
import { formatJson, formatPage, hashOfResults } from "../../bench/sim/report.ts";
import { runCell } from "../../bench/sim/run-cell.ts";

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function variationOf(values: readonly number[]): number {
  const mean = meanOf(values);
  return Math.sqrt(meanOf(values.map((value) => (value - mean) ** 2))) / mean;
}

describe("EventQueue", () => {
  it("gives events in order of time, those of one instant as they came", () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.nat(20), { nil: undefined })), (steps) => {
        const queue = new EventQueue<{ at: number; sequence: number }>();
        const model: { at: number; sequence: number }[] = [];
        steps.forEach((at, sequence) => {
          if (at !== undefined) {
            queue.push(at, { at, sequence });
            model.push({ at, sequence });
            model.sort((a, b) => a.at - b.at || a.sequence - b.sequence);
          } else {
            expect(queue.nextAt).toBe(model[0]?.at ?? Number.POSITIVE_INFINITY);
            expect(queue.pop()).toEqual(model.shift());
          }
        });
        expect(model.map(() => queue.pop())).toEqual(model);
        expect(queue.pop()).toBeUndefined();
      }),
    );
  });
});

describe("randomStream", () => {
  it("gives the same numbers for one seed and name, others for another", () => {
    const take = (seed: number, name: string) => {
      const random = randomStream(seed, name);
      return Array.from({ length: 4 }, random);
    };
    expect(take(1, "a")).toEqual(take(1, "a"));
    expect(new Set([...take(1, "a"), ...take(2, "a"), ...take(1, "b")]).size).toBe(12);
  });

  it("is even", () => {
    const random = randomStream(7, "even");
    const values = Array.from({ length: 20_000 }, random);
    expect(meanOf(values)).toBeCloseTo(0.5, 1);
    expect(Math.max(...values)).toBeLessThan(1);
    expect(variationOf(values)).toBeCloseTo(1 / Math.sqrt(3), 1);
  });
});

describe("randomAt", () => {
  it("is even over places and has no memory of order", () => {
    const values = Array.from({ length: 20_000 }, (_, index) => randomAt(3, index));
    expect(meanOf(values)).toBeCloseTo(0.5, 1);
    expect(randomAt(3, 17)).toBe(values[17]);
    expect(new Set(values).size).toBeGreaterThan(19_900);
  });
});

describe("gamma", () => {
  it.each([1 / 16, 1 / 4, 1, 3])("has mean and variance %f", (shape) => {
    const random = randomStream(5, "gamma");
    const values = Array.from({ length: 100_000 }, () => gamma(random, shape));
    expect(meanOf(values) / shape).toBeCloseTo(1, 1);
    expect(variationOf(values) * Math.sqrt(shape)).toBeCloseTo(1, 1);
  });
});

describe("arrivalsOf", () => {
  it.each(ARRIVAL_KINDS)("%s brings as many rows as asked for", (kind) => {
    const random = randomStream(11, kind);
    const next = arrivalsOf({ kind, rowsPerMs: 0.5, untilMs: 400_000, random });
    let rows = 0;
    for (let due = next(); due !== undefined; due = next()) {
      rows += due.rows;
    }
    // the step brings a tenth of its rate in the first half
    expect(rows / (kind === "step-x10" ? 110_000 : 200_000)).toBeCloseTo(1, 1);
  });

  it.each([
    ["constant", 0],
    ["poisson", 1],
    ["gamma-cv2", 2],
    ["gamma-cv4", 4],
  ] as const)("%s has gaps with a variation of %i", (kind, variation) => {
    const random = randomStream(13, kind);
    const next = arrivalsOf({ kind, rowsPerMs: 1, untilMs: 100_000, random });
    const gaps: number[] = [];
    let before = 0;
    for (let due = next(); due !== undefined; due = next()) {
      gaps.push(due.at - before);
      before = due.at;
    }
    expect(Math.abs(variationOf(gaps) - variation)).toBeLessThan(0.15 * Math.max(1, variation));
  });
});

describe("executorModel", () => {
  const line = { alphaMs: 3, betaMs: 2 };

  it("follows the line without a disturbance", () => {
    const model = executorModel({ line, seed: 1, untilMs: 100 });
    expect([model.runMs(1, 0, 0), model.runMs(10, 5, 50)]).toEqual([5, 23]);
  });

  it("disturbs runs by their number, with a mean as it should be", () => {
    const model = executorModel({ line, seed: 1, disturbance: NOISY, untilMs: 100 });
    const times = Array.from({ length: 20_000 }, (_, number) => model.runMs(1, number, 0));
    expect(meanOf(times) / 5).toBeCloseTo(1.01, 2);
    expect(times.filter((ms) => ms > 10).length / times.length).toBeCloseTo(0.005, 2);
    expect(model.runMs(2, 9, 70)).toBeCloseTo((7 / 5) * (times[9] ?? 0), 9);
  });

  it.each([
    ["drift", [5, 6.25, 7.5, 7.5]],
    ["step", [5, 7.5, 7.5, 7.5]],
  ] as const)("knows a %s", (kind, expected) => {
    const disturbance = { trend: { kind, factor: 1.5 } };
    const model = executorModel({ line, seed: 1, disturbance, untilMs: 100 });
    expect([0, 50, 100, 200].map((now) => model.runMs(1, 0, now))).toEqual(expected);
  });
});

describe("planOf", () => {
  it("has the whole grid for Poisson arrivals, and for all of them in full", () => {
    const plan = planOf({ isFull: false });
    expect(plan.cells.filter(({ arrivals }) => arrivals === "poisson")).toHaveLength(150);
    expect(plan.cells).toHaveLength(150 + 7 * 45);
    expect(planOf({ isFull: true }).cells).toHaveLength(8 * 150);
    expect(planOf({ isFull: false, seeds: 2 }).seeds).toEqual([1, 2]);
  });
});

describe("the report", async () => {
  const cell = { arrivals: "poisson", ratio: 2, deadlines: 10, rho: 2 } as const;
  const plan = { ...planOf({ isFull: false }), cells: [cell], seeds: [1, 2], requests: 2000 };
  const make = async () => {
    const cells = [await runCell(cell, plan)];
    return { plan, cells, scenarios: [], verdicts: judge(cells, []) };
  };
  const results = await make();

  it("is the same twice", async () => {
    const again = await make();
    expect(hashOfResults(again)).toBe(hashOfResults(results));
    expect(formatPage(again)).toBe(formatPage(results));
  });

  it("has a row for the cell in both forms", () => {
    const { cells } = JSON.parse(formatJson(results));
    expect(cells[0].cell).toEqual(cell);
    expect(formatPage(results)).toMatch(/^\| 2 \| 10 \| 2 \| \d/m);
  });

  it("misses a bar that no case stands for, and says by how much one is missed", () => {
    const [ours] = results.cells.flatMap(({ policies }) => policies.ours ?? []);
    if (ours === undefined) {
      throw new Error("the cell was not run");
    }
    const late = { ...ours, lateShare: 0.01 };
    const verdicts = judge(
      results.cells.map((result) => ({ ...result, policies: { ours: late } })),
      [],
    );
    const told = verdicts.map(({ isMet, missedBy, cases }) => ({ isMet, missedBy, cases }));
    expect([told[0], told[2]]).toEqual([
      { isMet: false, missedBy: Number.NaN, cases: 0 },
      { isMet: false, missedBy: 1, cases: 1 },
    ]);
  });
});

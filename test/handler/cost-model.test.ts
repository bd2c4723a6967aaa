import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type CostModel, scaleShapeCost } from "../../handler/cost-model.ts";
import { seeded } from "./seeded.ts";

const profileOf = (at: (rows: number) => number, sizes = [1, 8, 32]) => ({
  points: sizes.map((rows) => ({ rows, ms: at(rows) })),
});

function show(cost: CostModel, batches: number, sizeOf: (batch: number) => number) {
  for (let batch = 0; batch < batches; batch += 1) {
    const rows = sizeOf(batch);
    cost.observe(rows, 3 + rows);
  }
}

describe("scaleShapeCost", () => {
  it("says nothing untrained", () => {
    const cost = scaleShapeCost();
    expect([cost.isTrained, cost.predict(1), cost.plan(1), cost.line, cost.bestRows(7)]).toEqual([
      false,
      undefined,
      undefined,
      undefined,
      7,
    ]);
  });

  it.each([
    ["no profile", undefined],
    ["a profile of that size alone", profileOf((rows) => rows, [32])],
  ])("with %s stays untrained while all batches have one size", (_, profile) => {
    const cost = scaleShapeCost({ profile });
    show(cost, 10_000, () => 32);
    expect(cost.isTrained).toBe(false);
  });

  it("learns α and β from batches of different sizes", () => {
    const cost = scaleShapeCost();
    show(cost, 8, (batch) => 1 + (batch % 4));
    expect(cost.line?.alphaMs).toBeCloseTo(3, 6);
    expect(cost.line?.betaMs).toBeCloseTo(1, 6);
    expect(cost.predict(10)).toBeCloseTo(13, 6);
  });

  it("takes a line from a profile, and plans above it by the spread", () => {
    const cost = scaleShapeCost({ profile: profileOf((rows) => 2 + 0.5 * rows), z: 2 });
    expect(cost.predict(16)).toBeCloseTo(10, 6);
    expect(cost.plan(16)).toBeCloseTo(10 * (1 + 2 * cost.spread), 6);
  });

  it("keeps a table where no line fits within 15 %", () => {
    const cost = scaleShapeCost({
      profile: { points: [1, 8, 9, 64].map((rows) => ({ rows, ms: rows <= 8 ? 1 : 5 })) },
    });
    expect([1, 4, 8, 9, 64].map((rows) => cost.predict(rows))).toEqual([1, 1, 1, 5, 5]);
    expect(cost.bestRows(8)).toBe(8);
  });

  it("finds the size at which a row is cheapest", () => {
    const points = [
      { rows: 1, ms: 4 },
      { rows: 8, ms: 8 },
      { rows: 32, ms: 64 },
    ];
    const cost = scaleShapeCost({ profile: { points } });
    expect([4, 8, 100].map((cap) => cost.bestRows(cap))).toEqual([4, 8, 8]);
  });

  it("follows a machine that is twice as slow, whatever the one size it sees", () => {
    const cost = scaleShapeCost({ profile: profileOf((rows) => 2 + rows) });
    for (let batch = 0; batch < 200; batch += 1) {
      cost.observe(32, 2 * 34);
    }
    expect(cost.predict(32)).toBeCloseTo(68, 1);
    // what one size cannot tell stays near what was calibrated
    expect(cost.predict(1)).toBeGreaterThan(4);
    expect(cost.predict(1)).toBeLessThan(7);
  });

  it.each([3, 0.1])(
    "leaves its expectation as it is when one batch takes %d times as long",
    (factor) => {
      const cost = scaleShapeCost({ profile: profileOf((rows) => 2 + rows) });
      cost.observe(16, 18);
      cost.observe(16, 18 * factor);
      expect(cost.predict(16)).toBeCloseTo(18, 6);
      cost.observe(16, 18);
      cost.observe(16, 18 * factor);
      expect(cost.predict(16)).toBeCloseTo(18, 6);
    },
  );

  it.each([
    [2, 2],
    [0.5, 2],
    [4, 4],
    [100, 30],
    [0.01, 30],
  ])("follows a machine that takes %d times as long within %d batches", (factor, batches) => {
    const cost = scaleShapeCost({ profile: profileOf((rows) => 2 + rows) });
    for (let batch = 0; batch < batches; batch += 1) {
      cost.observe(16, 18 * factor);
    }
    expect((cost.predict(16) ?? 0) / (18 * factor)).toBeCloseTo(1, 1);
  });

  it("follows a machine that becomes twice as slow while its times are noisy", () => {
    const random = seeded(3);
    const cost = scaleShapeCost({ profile: profileOf((rows) => 2 + rows) });
    for (let batch = 0; batch < 12; batch += 1) {
      cost.observe(16, 36 * (0.85 + 0.3 * random()));
    }
    expect((cost.predict(16) ?? 0) / 36).toBeGreaterThan(0.9);
    expect((cost.predict(16) ?? 0) / 36).toBeLessThan(1.1);
  });

  it("re-fits a shape that was calibrated wrongly", () => {
    const cost = scaleShapeCost({ profile: profileOf((rows) => 20 + 0.1 * rows) });
    show(cost, 600, (batch) => 1 + ((batch * 7) % 32));
    expect(cost.predict(1)).toBeCloseTo(4, 0);
    expect(cost.predict(32)).toBeCloseTo(35, 0);
  });

  it("measures the spread of noise and believes no single stall", () => {
    const random = seeded(1);
    const cost = scaleShapeCost({ profile: profileOf((rows) => 2 + rows) });
    for (let batch = 0; batch < 500; batch += 1) {
      const rows = 1 + Math.floor(32 * random());
      cost.observe(rows, (2 + rows) * (0.9 + 0.2 * random()));
    }
    expect(cost.spread).toBeGreaterThan(0.03);
    expect(cost.spread).toBeLessThan(0.1);
    const before = cost.predict(16) ?? 0;
    cost.observe(16, 1e6);
    expect((cost.predict(16) ?? 0) / before).toBeLessThan(1.1);
  });

  it("is finite, positive and does not fall with the rows, whatever it has seen", () => {
    const sample = fc.tuple(fc.integer({ min: 1, max: 100 }), fc.double({ min: 0, max: 1e6 }));
    fc.assert(
      fc.property(
        fc.array(sample, { maxLength: 80 }),
        fc.constantFrom(
          undefined,
          profileOf((rows) => 2 + rows),
        ),
        (samples, profile) => {
          const cost = scaleShapeCost({ profile });
          for (const [rows, ms] of samples) {
            cost.observe(rows, ms);
          }
          if (cost.isTrained) {
            const times = [1, 2, 10, 100].map((rows) => cost.predict(rows) ?? Number.NaN);
            expect(times.every((ms) => ms > 0 && Number.isFinite(ms))).toBe(true);
            expect(times).toEqual(times.toSorted((a, b) => a - b));
          }
        },
      ),
    );
  });
});

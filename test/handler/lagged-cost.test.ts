import { describe, expect, it } from "vitest";
import { LaggedCost } from "../../handler/lagged-cost.ts";
import { lineCost } from "./fixed-cost.ts";

describe("LaggedCost", () => {
  it("adds to what is planned how long ends of runs went unheard, and to nothing else", () => {
    const cost = new LaggedCost(lineCost(8, 2));
    for (let batch = 0; batch < 100; batch += 1) {
      cost.observe(4, 19, 16);
    }
    expect([cost.predict(4), cost.plan(4), cost.line]).toEqual([
      16,
      expect.closeTo(19, 1),
      { alphaMs: 8, betaMs: 2 },
    ]);
  });

  it("plans with more than the mean where it varies", () => {
    const cost = new LaggedCost(lineCost(8, 2));
    for (let batch = 0; batch < 200; batch += 1) {
      cost.observe(4, batch % 2 === 0 ? 16 : 26, 16);
    }
    expect(cost.lagMs).toBeGreaterThan(8);
    expect(cost.lagMs).toBeLessThan(12);
  });

  it("takes all of the time for the run where nobody timed it", () => {
    const observed: number[][] = [];
    const cost = new LaggedCost({
      ...lineCost(8, 2),
      observe: (...seen) => void observed.push(seen),
    });
    cost.observe(4, 19);
    cost.observe(4, 19, 16);
    expect([observed, cost.lagMs]).toEqual([
      [
        [4, 19],
        [4, 16],
      ],
      3,
    ]);
  });
});

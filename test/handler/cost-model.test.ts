import { describe, expect, it } from "vitest";
import { averageCost } from "../../handler/cost-model.ts";

describe("averageCost", () => {
  it("says nothing until it has seen enough batches", () => {
    const cost = averageCost({ trainingBatches: 3 });
    const said = [10, 20, 30].map((durationMs) => {
      cost.observe(1, durationMs);
      return cost.predict(1);
    });
    expect(said).toEqual([undefined, undefined, 20]);
  });

  it("weighs a slow first run out", () => {
    const cost = averageCost();
    cost.observe(1, 3000);
    for (let batch = 0; batch < 30; batch += 1) {
      cost.observe(1, 10);
    }
    expect(cost.predict(1)).toBeLessThan(20);
  });
});

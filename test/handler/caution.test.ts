import { describe, expect, it } from "vitest";
import { Caution } from "../../handler/caution.ts";

describe("Caution", () => {
  it("is none before anything was broken", () => {
    const caution = new Caution(200);
    expect([caution.at(0), caution.at(1_000_000)]).toEqual([0, 0]);
  });

  it("grows by a tenth of the limit, once for all who suffered together, up to four tenths", () => {
    const caution = new Caution(200);
    caution.broken(0);
    caution.broken(50);
    expect(caution.at(50)).toBeCloseTo(19.5);
    for (let at = 60; at < 2000; at += 60) {
      caution.broken(at);
    }
    expect(caution.at(2000)).toBeGreaterThan(79);
    expect(caution.at(2000)).toBeLessThanOrEqual(80);
  });

  it("wears off", () => {
    const caution = new Caution(200);
    caution.broken(0);
    expect([caution.at(1000), caution.at(2000), caution.at(60_000)]).toEqual([10, 0, 0]);
  });
});

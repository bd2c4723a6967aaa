import { describe, expect, it } from "vitest";
import { setUp } from "./batcher-world.ts";
import { lineCost } from "./fixed-cost.ts";

/** α = 20 and β = 5 ms: beside a run that ends at 25 ms, a batch that has to end by 97 ms holds ten rows at most. */
function busy() {
  const world = setUp({ maxBatchSize: 100, maxLatencyMs: 100 }, 1, lineCost(20, 5));
  world.arrive("running", 1);
  world.batcher.tick();
  return world;
}

describe("overtaken", () => {
  it("gives up the first caller for more rows than it has", () => {
    const { world, arrive } = busy();
    world.nowMs = 1;
    arrive("first", 1);
    world.nowMs = 15;
    for (const name of ["a", "b", "c", "d", "e", "f"]) {
      arrive(name, 2);
    }
    const told = [...world.outcomes].map(([name, [outcome]]) => [
      name,
      outcome?.kind === "rejected" ? outcome.reason : "waits",
    ]);
    expect(Object.fromEntries(told)).toEqual({
      running: "waits",
      first: "overtaken",
      a: "waits",
      b: "waits",
      c: "waits",
      d: "waits",
      e: "waits",
      f: "waits",
    });
  });

  it("gives up nobody for one who would only take the place", () => {
    const { world, arrive } = busy();
    world.nowMs = 1;
    arrive("first", 1);
    world.nowMs = 2;
    for (let index = 0; index < 12; index += 1) {
      arrive(`later ${index}`, 1);
    }
    expect(world.outcomes.get("first")).toEqual([]);
    expect(world.outcomes.get("later 11")).toMatchObject([{ reason: "too-late" }]);
  });
});

import { describe, expect, it } from "vitest";
import type { Batch, Outcome } from "../../handler/batcher.ts";
import { resultsOf, rowsOf, setUp } from "./batcher-world.ts";
import { lineCost } from "./fixed-cost.ts";

type World = ReturnType<typeof setUp>;

/** Runs all there is to run, one batch after the other; a batch with a poison caller fails. */
function serve({ batcher, world }: World, isPoison: (name: string) => boolean, runMs = 1): number {
  let done = 0;
  for (batcher.tick(); done < world.started.length; batcher.tick()) {
    const batch = world.started[done] as Batch<string>;
    done += 1;
    world.nowMs += runMs;
    const poison = batch.slices.find((slice) => isPoison(slice.payload));
    batcher.done(
      batch,
      poison === undefined
        ? { kind: "results", results: rowsOf(batch), count: batch.rows }
        : { kind: "error", error: `bad ${poison.payload}` },
    );
  }
  return done;
}

const kindsOf = (world: World["world"]) =>
  [...world.outcomes].map(([name, [outcome]]) => `${name} ${outcome?.kind}`);

function arriveAll({ arrive }: World, names: readonly string[]) {
  for (const name of names) {
    arrive(name, 1);
  }
}

const letters = (count: number, prefix = "r") =>
  Array.from({ length: count }, (_, index) => `${prefix}${index}_`);

describe("Batcher, when a batch fails", () => {
  it("fails the one poison caller among 31 good ones, in 11 runs", () => {
    const all = setUp({ maxBatchSize: 32 });
    const names = letters(32);
    arriveAll(all, names);
    const runs = serve(all, (name) => name === "r17_");
    for (const name of names) {
      const [outcome] = all.world.outcomes.get(name) as Outcome<string[]>[];
      if (name === "r17_") {
        expect(outcome).toEqual({ kind: "failed", error: "bad r17_" });
      } else {
        expect(resultsOf(outcome)).toEqual([`${name}0`]);
      }
    }
    expect(runs).toBe(11);
  });

  it("runs halves before what waits, and keeps the callers' order", () => {
    const all = setUp({ maxBatchSize: 4 });
    arriveAll(all, ["a", "b", "c", "d", "e"]);
    serve(all, (name) => name === "d");
    expect(all.world.started.map((batch) => rowsOf(batch).join(""))).toEqual([
      "a0b0c0d0",
      "a0b0",
      "c0d0",
      "c0",
      "d0",
      "e0",
    ]);
  });

  it("runs nothing again where retry is off", () => {
    const all = setUp({ maxBatchSize: 4, retry: false });
    arriveAll(all, ["a", "b"]);
    expect(serve(all, (name) => name === "a")).toBe(1);
    expect(kindsOf(all.world)).toEqual(["a failed", "b failed"]);
  });

  it("runs nothing again for callers whose answer would come too late", () => {
    const all = setUp({ maxBatchSize: 4, maxLatencyMs: 100 }, 1, lineCost(40));
    arriveAll(all, ["a", "b"]);
    expect(serve(all, (name) => name === "a", 70)).toBe(1);
    expect(kindsOf(all.world)).toEqual(["a failed", "b failed"]);
  });

  it("skips callers that have gone when it splits", () => {
    const all = setUp({ maxBatchSize: 4 });
    arriveAll(all, ["a", "b"]);
    const gone = all.arrive("c", 1);
    all.batcher.tick();
    all.batcher.abort(gone);
    expect(serve(all, (name) => name === "a")).toBe(3);
    expect(kindsOf(all.world)).toEqual(["a failed", "b done", "c aborted"]);
  });

  it("gives up after twice the runs that find one caller", () => {
    const all = setUp({ maxBatchSize: 64 });
    arriveAll(all, letters(64));
    // every other one of the first half: each split finds two bad halves
    const runs = serve(all, (name) => Number(name.slice(1, -1)) % 2 === 0 && name < "r32");
    expect(runs).toBeLessThanOrEqual(1 + 4 * 6);
    expect(kindsOf(all.world).every((kind) => /done|failed/.test(kind))).toBe(true);
  });
});

describe("Batcher, when a model fails every time", () => {
  const broken = () => {
    const all = setUp({ maxBatchSize: 4 });
    for (const names of [letters(4, "a"), letters(4, "b"), letters(2, "c")]) {
      arriveAll(all, names);
    }
    serve(all, () => true);
    return all;
  };

  it("fails all at once after two batches of which both halves failed", () => {
    const { batcher, world } = broken();
    expect(new Set(kindsOf(world).map((kind) => kind.split(" ")[1]))).toEqual(new Set(["failed"]));
    expect([batcher.isBroken, batcher.queuedRows, batcher.runningBatches]).toEqual([true, 0, 0]);
    // both halves of the second batch were enough: those that waited behind it were not tried
    expect(world.started.some((batch) => rowsOf(batch).includes("c0_0"))).toBe(false);
  });

  it("fails callers on arrival for a second, then lets one try", () => {
    const all = broken();
    all.arrive("soon", 1);
    expect(all.world.outcomes.get("soon")).toEqual([{ kind: "failed", error: "bad b2_" }]);
    all.world.nowMs += 1000;
    expect(all.batcher.isBroken).toBe(false);
    all.arrive("probe", 1);
    all.batcher.tick();
    all.arrive("during", 1);
    expect(kindsOf(all.world).slice(-2)).toEqual(["probe undefined", "during failed"]);
    all.batcher.done(all.world.started.at(-1) as Batch<string>, { kind: "error", error: "still" });
    expect([all.batcher.isBroken, ...kindsOf(all.world).slice(-2)]).toEqual([
      true,
      "probe failed",
      "during failed",
    ]);
  });

  it("recovers once it is seen to work", () => {
    const all = broken();
    all.world.nowMs += 1000;
    arriveAll(all, ["x", "y"]);
    serve(all, () => false);
    arriveAll(all, ["z"]);
    serve(all, () => false);
    expect(kindsOf(all.world).slice(-3)).toEqual(["x done", "y done", "z done"]);
    expect(all.batcher.isBroken).toBe(false);
  });

  it.each([
    ["a wrong number of results", { kind: "results", results: ["x"], count: 9 }, true],
    ["a fault of the caller", { kind: "error", error: "theirs" }, false],
  ] as const)("decides by a probe that ends with %s", (_, result, isBroken) => {
    const all = setUp({ maxBatchSize: 4, isCallersFault: (error) => error === "theirs" });
    arriveAll(all, [...letters(4, "a"), ...letters(4, "b")]);
    serve(all, () => true);
    all.world.nowMs += 1000;
    arriveAll(all, ["probe"]);
    all.batcher.tick();
    all.batcher.done(all.world.started.at(-1) as Batch<string>, { ...result } as never);
    expect(all.batcher.isBroken).toBe(isBroken);
  });

  it("does not take one caller's bad rows in a row for it", () => {
    const all = setUp();
    for (let time = 0; time < 19; time += 1) {
      all.arrive(`bad${time}`, 1);
      serve(all, () => true);
    }
    expect(all.batcher.isBroken).toBe(false);
    all.arrive("bad19", 1);
    serve(all, () => true);
    expect(all.batcher.isBroken).toBe(true);
  });
});

import { describe, expect, it } from "vitest";
import { finish, resultsOf, setUp } from "./batcher-world.ts";
import { lineCost } from "./fixed-cost.ts";

/** A model with memory for so many rows. */
function small(rows: number, maxBatchSize = 64) {
  const outOfMemory = new Error("out of memory");
  const config = {
    maxBatchSize,
    linger: false,
    isOutOfMemory: (error: unknown) => error === outOfMemory,
  };
  const { batcher, world, arrive } = setUp(config, 1, lineCost(1, 0));
  const play = () => {
    batcher.tick();
    for (
      let batch = world.started.at(-1);
      batcher.runningBatches > 0;
      batch = world.started.at(-1)
    ) {
      if (batch !== undefined && batch.rows > rows) {
        batcher.done(batch, { kind: "error", error: outOfMemory });
      } else if (batch !== undefined) {
        finish(batcher, batch);
      }
      batcher.tick();
    }
  };
  return { batcher, world, arrive, play };
}

describe("Batcher out of memory", () => {
  it("answers all in smaller batches, and makes no larger ones for a while", () => {
    const { batcher, world, arrive, play } = small(10);
    const names = Array.from({ length: 32 }, (_, index) => `caller ${index}`);
    for (const name of names) {
      arrive(name, 1);
    }
    play();
    expect(world.started.map(({ rows }) => rows)).toEqual([32, 16, 8, 8, 16, 8, 8]);
    expect(names.filter((name) => world.outcomes.get(name)?.[0]?.kind !== "done")).toEqual([]);
    expect(batcher.isBroken).toBe(false);
    world.started.length = 0;
    for (const name of names) {
      arrive(`${name} again`, 1);
    }
    play();
    expect(world.started.map(({ rows }) => rows)).toEqual([8, 8, 8, 8]);
  });

  it("parts the rows of one caller, and joins its answers", () => {
    const { world, arrive, play } = small(3);
    arrive("a", 7);
    play();
    const [outcome] = world.outcomes.get("a") ?? [];
    expect(resultsOf(outcome)).toEqual(["a0", "a1", "a2", "a3", "a4", "a5", "a6"]);
  });

  it("fails a row that does not fit alone", () => {
    const { world, arrive, play } = small(0);
    arrive("a", 2);
    play();
    expect(world.outcomes.get("a")).toMatchObject([{ kind: "failed" }]);
  });

  it("tries more rows again after a hundred good batches", () => {
    const { world, arrive, play } = small(10, 16);
    for (let turn = 0; turn < 102; turn += 1) {
      for (let index = 0; index < 16; index += 1) {
        arrive(`${turn} ${index}`, 1);
      }
      play();
    }
    expect(world.started.slice(0, 5).map(({ rows }) => rows)).toEqual([16, 8, 8, 8, 8]);
    expect(world.started.slice(-4).map(({ rows }) => rows)).toEqual([10, 6, 10, 6]);
  });
});

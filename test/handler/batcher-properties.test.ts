import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Arrival, Batch } from "../../handler/batcher.ts";

import { finish, resultsOf, setUp } from "./batcher-world.ts";
import { lineCost, unknownCost } from "./fixed-cost.ts";

type Step =
  | { readonly kind: "arrive"; readonly rows: number; readonly group: string }
  | { readonly kind: "abort" | "end"; readonly pick: number; readonly isGood: boolean }
  | { readonly kind: "signal"; readonly pick: number }
  | { readonly kind: "wait"; readonly ms: number }
  | { readonly kind: "tick" };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant("arrive" as const),
    rows: fc.integer({ min: 1, max: 12 }),
    group: fc.constantFrom("x", "y"),
  }),
  fc.record({
    kind: fc.constantFrom("abort" as const, "end" as const, "end" as const),
    pick: fc.nat(20),
    isGood: fc.boolean(),
  }),
  fc.record({ kind: fc.constant("signal" as const), pick: fc.nat(20) }),
  fc.record({ kind: fc.constant("wait" as const), ms: fc.nat(8) }),
  fc.constant({ kind: "tick" as const }),
);

const plan = fc.record({
  runners: fc.integer({ min: 1, max: 3 }),
  maxBatchSize: fc.integer({ min: 1, max: 8 }),
  maxWaitMs: fc.constantFrom(0, 5),
  maxQueueRows: fc.constantFrom(10, 1000),
  predictMs: fc.constantFrom(undefined, 3, 5000),
  steps: fc.array(step, { maxLength: 60 }),
});

type Plan = typeof plan extends fc.Arbitrary<infer T> ? T : never;

/** Plays a plan to its end and checks on the way what must hold in every state. */
function play({ runners, predictMs, steps, ...config }: Plan) {
  const cost = predictMs === undefined ? unknownCost() : lineCost(predictMs);
  const { batcher, world, arrive } = setUp(config, runners, cost);
  const arrivals: Arrival<string, string[]>[] = [];
  const controllers: AbortController[] = [];
  const gone = new Set<string>();
  const groups = new Map<string, string>();
  const running = new Set<Batch<string>>();
  // kept until the end, because the batcher takes what an executor throws for a failure of the batch
  const broken: string[] = [];
  const hold = (isHeld: boolean, rule: string) => void (isHeld || broken.push(rule));
  world.onRun = (batch) => {
    running.add(batch);
    hold(batch.rows > 0 && batch.rows <= config.maxBatchSize, "a batch has 1 row to the cap");
    hold(running.size <= runners, "no more batches run than there are runners");
    const shared = new Set(batch.slices.map((slice) => groups.get(slice.payload)));
    hold(shared.size === 1, "a batch is of one group");
    const late = batch.slices.filter((slice) => gone.has(slice.payload));
    hold(late.length === 0, "no row of a caller that has gone is run");
  };
  const end = (batch: Batch<string>, isGood: boolean) => {
    running.delete(batch);
    if (isGood) {
      finish(batcher, batch);
    } else {
      batcher.done(batch, { kind: "error", error: "bad" });
    }
  };
  const tick = () => {
    batcher.tick();
    const at = batcher.nextTickAt();
    // a free runner and rows that are due never stand side by side after a tick
    expect(at === undefined || at > world.nowMs).toBe(true);
    expect(batcher.queuedRows === 0 || running.size === runners || config.maxWaitMs > 0).toBe(true);
  };
  const take = (one: Step) => {
    switch (one.kind) {
      case "arrive": {
        const name = `${String.fromCharCode(65 + (arrivals.length % 26))}${arrivals.length}_`;
        const controller = new AbortController();
        groups.set(name, one.group);
        arrivals.push(arrive(name, one.rows, { group: one.group, signal: controller.signal }));
        controllers.push(controller);
        break;
      }
      case "abort": {
        const arrival = arrivals[one.pick % Math.max(1, arrivals.length)];
        if (arrival !== undefined) {
          gone.add(arrival.payload);
          batcher.abort(arrival);
        }
        break;
      }
      case "signal": {
        const index = one.pick % Math.max(1, arrivals.length);
        controllers[index]?.abort();
        gone.add(arrivals[index]?.payload ?? "");
        break;
      }
      case "end": {
        const batch = [...running][one.pick % Math.max(1, running.size)];
        if (batch !== undefined) {
          end(batch, one.isGood);
        }
        break;
      }
      case "wait":
        world.nowMs += one.ms;
        break;
      case "tick":
        tick();
    }
  };
  steps.forEach(take);
  for (let turn = 0; turn < 1000 && (batcher.queuedRows > 0 || running.size > 0); turn += 1) {
    world.nowMs += 10;
    tick();
    for (const batch of running) {
      end(batch, true);
    }
  }
  expect([batcher.queuedRows, running.size, broken]).toEqual([0, 0, []]);
  return { world, arrivals };
}

describe("Batcher, whatever happens in whatever order", () => {
  it("gives every arrival exactly one outcome", () => {
    fc.assert(
      fc.property(plan, (given) => {
        const { world } = play(given);
        for (const [name, told] of world.outcomes) {
          expect([name, told.length]).toEqual([name, 1]);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("gives every caller all of its own rows, in order", () => {
    fc.assert(
      fc.property(plan, (given) => {
        const { world, arrivals } = play(given);
        for (const { payload, rows } of arrivals) {
          const results = resultsOf(world.outcomes.get(payload)?.[0]);
          if (results !== undefined) {
            expect(results).toEqual(Array.from({ length: rows }, (_, row) => `${payload}${row}`));
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  it("starts callers of one group in the order of their arrival", () => {
    fc.assert(
      fc.property(plan, (given) => {
        const { world, arrivals } = play(given);
        const order = arrivals.map((arrival) => arrival.payload);
        for (const group of ["x", "y"]) {
          const first = world.started
            .flatMap((batch) => batch.slices)
            .filter((slice) => slice.from === 0)
            .map((slice) => order.indexOf(slice.payload))
            .filter((index) => arrivals[index]?.group === group);
          const begun = [...new Set(first)]; // rows of a failed batch are started again
          expect(begun).toEqual(begun.toSorted((a, b) => a - b));
        }
      }),
      { numRuns: 500 },
    );
  });
});

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Arrival,
  type Batch,
  Batcher,
  type BatcherConfig,
  type Outcome,
} from "../../handler/batcher.ts";
import type { CostModel } from "../../handler/cost-model.ts";

/** A batcher in hand: its clock, what it has started, what each caller was told. */
function setUp(config: Partial<BatcherConfig> = {}, runners = 1, costModel?: CostModel) {
  const clock = { now: () => world.nowMs };
  const world = {
    nowMs: 0,
    started: [] as Batch<string>[],
    outcomes: new Map<string, Outcome<string[]>[]>(),
    onRun: (_batch: Batch<string>) => {},
  };
  const batcher = new Batcher<string, string[]>({
    clock,
    costModel: costModel ?? { predict: () => undefined, observe: () => {} },
    executor: {
      runners,
      run(batch) {
        world.started.push(batch);
        world.onRun(batch);
      },
    },
    config: {
      maxBatchSize: 4,
      maxLatencyMs: 1000,
      maxWaitMs: 0,
      maxQueueRows: 1000,
      wrongCount: (count, rows) => new Error(`${count} for ${rows}`),
      ...config,
    },
  });
  const arrive = (
    name: string,
    rows: number,
    more: Partial<Arrival<string, string[]>> = {},
  ): Arrival<string, string[]> => {
    const told: Outcome<string[]>[] = [];
    world.outcomes.set(name, told);
    const arrival = {
      rows,
      payload: name,
      settle: (o: Outcome<string[]>) => told.push(o),
      ...more,
    };
    batcher.arrive(arrival);
    return arrival;
  };
  return { batcher, world, arrive };
}

/** What an honest model gives: the name of each row. */
function rowsOf(batch: Batch<string>): string[] {
  return batch.slices.flatMap(({ payload, from, to }) =>
    Array.from({ length: to - from }, (_, index) => `${payload}${from + index}`),
  );
}

function finish(batcher: Batcher<string, string[]>, batch: Batch<string>): void {
  batcher.done(batch, { kind: "results", results: rowsOf(batch), count: batch.rows });
}

function resultsOf(outcome: Outcome<string[]> | undefined): string[] | undefined {
  return outcome?.kind === "done"
    ? outcome.pieces.flatMap(({ results, from, to }) => results.slice(from, to))
    : undefined;
}

describe("Batcher", () => {
  it("joins all rows that waited for the runner", () => {
    const { batcher, world, arrive } = setUp();
    arrive("a", 1);
    batcher.tick();
    arrive("b", 1);
    arrive("c", 2);
    batcher.tick();
    expect(world.started).toHaveLength(1);
    finish(batcher, world.started[0] as Batch<string>);
    batcher.tick();
    expect(world.started).toEqual([
      { rows: 1, slices: [{ payload: "a", from: 0, to: 1 }] },
      {
        rows: 3,
        slices: [
          { payload: "b", from: 0, to: 1 },
          { payload: "c", from: 0, to: 2 },
        ],
      },
    ]);
  });

  it("splits a caller above the cap and joins its results in order, whichever runner ends first", () => {
    const { batcher, world, arrive } = setUp({}, 3);
    arrive("a", 9);
    batcher.tick();
    expect(world.started.map((batch) => batch.rows)).toEqual([4, 4, 1]);
    for (const batch of world.started.toReversed()) {
      finish(batcher, batch);
    }
    expect(resultsOf(world.outcomes.get("a")?.[0])).toEqual(
      Array.from({ length: 9 }, (_, row) => `a${row}`),
    );
  });

  it("keeps a caller that fits into one batch whole", () => {
    const { batcher, world, arrive } = setUp({}, 2);
    arrive("a", 3);
    arrive("b", 3);
    batcher.tick();
    expect(world.started.map((batch) => batch.slices)).toEqual([
      [{ payload: "a", from: 0, to: 3 }],
      [{ payload: "b", from: 0, to: 3 }],
    ]);
  });

  it("lets rows of different groups not share a batch", () => {
    const { batcher, world, arrive } = setUp({}, 2);
    arrive("a", 1, { group: "[4]" });
    arrive("b", 1, { group: "[5]" });
    arrive("c", 1, { group: "[4]" });
    batcher.tick();
    expect(world.started.map((batch) => batch.slices.map((slice) => slice.payload))).toEqual([
      ["a", "c"],
      ["b"],
    ]);
  });

  it("holds the first row for others up to maxWaitMs, and no longer once a batch is full", () => {
    const { batcher, world, arrive } = setUp({ maxWaitMs: 5 }, 2);
    arrive("a", 1);
    batcher.tick();
    expect([world.started.length, batcher.nextTickAt()]).toEqual([0, 5]);
    world.nowMs = 5;
    batcher.tick();
    expect(world.started.length).toBe(1);
    arrive("b", 4);
    expect(batcher.nextTickAt()).toBe(5);
    batcher.tick();
    expect(world.started.length).toBe(2);
  });

  it("has nothing to do while all runners work", () => {
    const { batcher, arrive } = setUp();
    arrive("a", 1);
    batcher.tick();
    arrive("b", 1);
    expect(batcher.nextTickAt()).toBeUndefined();
  });

  it("fails the callers of a failed batch, with rows that still wait, and no others", () => {
    const { batcher, world, arrive } = setUp();
    arrive("a", 6);
    arrive("b", 2);
    batcher.tick();
    const error = new Error("poison");
    batcher.done(world.started[0] as Batch<string>, { kind: "error", error });
    expect(world.outcomes.get("a")).toEqual([{ kind: "failed", error }]);
    batcher.tick();
    finish(batcher, world.started[1] as Batch<string>);
    expect(world.started[1]?.slices).toEqual([{ payload: "b", from: 0, to: 2 }]);
    expect(resultsOf(world.outcomes.get("b")?.[0])).toEqual(["b0", "b1"]);
  });

  it("fails a batch whose results are not as many as its rows", () => {
    const { batcher, world, arrive } = setUp();
    arrive("a", 2);
    arrive("b", 2);
    batcher.tick();
    const [batch] = world.started;
    batcher.done(batch as Batch<string>, { kind: "results", results: ["x"], count: 1 });
    const failed = [{ kind: "failed", error: new Error("1 for 4") }];
    expect([...world.outcomes.values()]).toEqual([failed, failed]);
  });

  it("fails a batch that the executor cannot start", () => {
    const { batcher, world, arrive } = setUp();
    const error = new Error("no");
    world.onRun = () => {
      throw error;
    };
    arrive("a", 1);
    batcher.tick();
    expect(world.outcomes.get("a")).toEqual([{ kind: "failed", error }]);
    expect(batcher.runningBatches).toBe(0);
  });

  it("drops callers that have gone when it assembles, and tells them", () => {
    const { batcher, world, arrive } = setUp();
    const gone = new AbortController();
    arrive("a", 2, { signal: gone.signal });
    arrive("b", 1);
    gone.abort();
    batcher.tick();
    expect(world.started).toEqual([{ rows: 1, slices: [{ payload: "b", from: 0, to: 1 }] }]);
    expect(world.outcomes.get("a")).toEqual([{ kind: "aborted" }]);
    expect(batcher.queuedRows).toBe(0);
  });

  it("starts nothing when all that waited have gone", () => {
    const { batcher, world, arrive } = setUp();
    arrive("a", 2, { signal: AbortSignal.abort() });
    batcher.tick();
    expect([world.started, batcher.nextTickAt()]).toEqual([[], undefined]);
  });

  it("takes an aborted caller's rows out of the queue at once", () => {
    const { batcher, world, arrive } = setUp();
    arrive("a", 1);
    batcher.tick();
    const b = arrive("b", 3);
    batcher.abort(b);
    batcher.abort(b);
    expect(batcher.queuedRows).toBe(0);
    expect(world.outcomes.get("b")).toEqual([{ kind: "aborted" }]);
  });

  it("skips the results of a caller that went while its rows ran", () => {
    const { batcher, world, arrive } = setUp();
    const a = arrive("a", 1);
    arrive("b", 1);
    batcher.tick();
    batcher.abort(a);
    finish(batcher, world.started[0] as Batch<string>);
    finish(batcher, world.started[0] as Batch<string>);
    expect(world.outcomes.get("a")).toEqual([{ kind: "aborted" }]);
    expect(resultsOf(world.outcomes.get("b")?.[0])).toEqual(["b0"]);
    expect(world.outcomes.get("b")).toHaveLength(1);
  });

  it("refuses rows beyond the queue's bound at arrival, but never those that find it empty", () => {
    const { batcher, world, arrive } = setUp({ maxQueueRows: 5 });
    arrive("large", 9);
    arrive("next", 1);
    expect(world.outcomes.get("large")).toEqual([]);
    expect(world.outcomes.get("next")).toEqual([
      { kind: "rejected", reason: "queue-full", retryAfterMs: 1000 },
    ]);
    expect(batcher.queuedRows).toBe(9);
  });

  it("refuses rows whose wait would pass maxLatencyMs, once the cost is known", () => {
    const cost = { predict: () => 400, observe: () => {} };
    const { batcher, world, arrive } = setUp({ maxLatencyMs: 1000 }, 1, cost);
    arrive("a", 4);
    batcher.tick();
    arrive("b", 4); // 400 to wait, 400 to run
    arrive("c", 4); // 400 to wait, 800 to run
    expect(world.outcomes.get("b")).toEqual([]);
    expect(world.outcomes.get("c")).toEqual([
      { kind: "rejected", reason: "too-late", retryAfterMs: 200 },
    ]);
  });

  it("takes rows while idle, however slow the model is thought to be", () => {
    const { world, arrive } = setUp({}, 1, { predict: () => 9e9, observe: () => {} });
    arrive("a", 1);
    expect(world.outcomes.get("a")).toEqual([]);
  });

  it("refuses nothing for lateness while the cost is unknown", () => {
    const { batcher, world, arrive } = setUp({ maxLatencyMs: 1 });
    arrive("a", 1);
    batcher.tick();
    world.nowMs = 500;
    arrive("b", 100);
    expect(world.outcomes.get("b")).toEqual([]);
  });

  it("learns the cost of batches that went well, by rows and time", () => {
    const seen: [number, number][] = [];
    const cost = {
      predict: () => undefined,
      observe: (rows: number, ms: number) => void seen.push([rows, ms]),
    };
    const { batcher, world, arrive } = setUp({}, 1, cost);
    for (const isGood of [true, false]) {
      arrive("a", 2);
      batcher.tick();
      world.nowMs += 7;
      const batch = world.started.at(-1) as Batch<string>;
      if (isGood) {
        finish(batcher, batch);
      } else {
        batcher.done(batch, { kind: "error", error: "no" });
      }
    }
    expect(seen).toEqual([[2, 7]]);
  });
});

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
  const cost = { predict: () => predictMs, observe: () => {} };
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
          expect(first).toEqual(first.toSorted((a, b) => a - b));
        }
      }),
      { numRuns: 500 },
    );
  });
});

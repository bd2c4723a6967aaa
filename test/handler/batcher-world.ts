/**
 * A batcher with a clock and runners that the test drives by hand.
 *
 * @module
 */
import {
  type Arrival,
  type Batch,
  Batcher,
  type BatcherConfig,
  type Outcome,
} from "../../handler/batcher.ts";
import type { CostModel } from "../../handler/cost-model.ts";
import { unknownCost } from "./fixed-cost.ts";

/** A batcher in hand: its clock, what it has started, what each caller was told. */
export function setUp(config: Partial<BatcherConfig> = {}, runners = 1, costModel?: CostModel) {
  const clock = { now: () => world.nowMs };
  const world = {
    nowMs: 0,
    started: [] as Batch<string>[],
    outcomes: new Map<string, Outcome<string[]>[]>(),
    onRun: (_batch: Batch<string>) => {},
  };
  const batcher = new Batcher<string, string[]>({
    clock,
    costModel: costModel ?? unknownCost(),
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
export function rowsOf(batch: Batch<string>): string[] {
  return batch.slices.flatMap(({ payload, from, to }) =>
    Array.from({ length: to - from }, (_, index) => `${payload}${from + index}`),
  );
}

export function finish(batcher: Batcher<string, string[]>, batch: Batch<string>): void {
  batcher.done(batch, { kind: "results", results: rowsOf(batch), count: batch.rows });
}

export function resultsOf(outcome: Outcome<string[]> | undefined): string[] | undefined {
  return outcome?.kind === "done"
    ? outcome.pieces.flatMap(({ results, from, to }) => results.slice(from, to))
    : undefined;
}

/**
 * What the batcher itself costs, without a model, a loop or HTTP around it: a line through the times of batches of
 * different sizes gives the share of a request and that of a batch.
 *
 * @module
 */
import { performance } from "node:perf_hooks";
import { type Batch, Batcher } from "../../handler/batcher.ts";
import { scaleShapeCost } from "../../handler/cost-model.ts";
import { atMost, type Figure, figureOf } from "./figures.ts";
import { estimate } from "./statistics.ts";

const SMALL = 1;
const LARGE = 32;
const ROUNDS = 2000;

export function batcherCost(): Figure[] {
  const measured = Array.from({ length: 15 }, () => {
    const one = microsecondsPerBatch(SMALL);
    const many = microsecondsPerBatch(LARGE);
    const request = (many - one) / (LARGE - SMALL);
    return { request, batch: one - request };
  }).slice(5); // the first are the compiler's
  return [
    figureOf("batcher: µs a request", estimate(measured.map(({ request }) => request)), {
      bar: atMost(3),
    }),
    figureOf("batcher: µs a batch", estimate(measured.map(({ batch }) => batch)), {
      bar: atMost(10),
    }),
  ];
}

/** From the arrivals to the outcomes of one batch of `size` requests of a row each. */
function microsecondsPerBatch(size: number): number {
  let running: Batch<number> | undefined;
  let settled = 0;
  const batcher = new Batcher<number, number>({
    clock: performance,
    executor: {
      runners: 1,
      run(batch) {
        running = batch;
      },
    },
    costModel: scaleShapeCost({
      profile: {
        points: [
          { rows: 1, ms: 0.001 },
          { rows: 32, ms: 0.002 },
        ],
      },
    }),
    config: {
      maxBatchSize: LARGE,
      maxLatencyMs: 60_000,
      maxWaitMs: 0,
      maxQueueRows: 100 * LARGE,
      wrongCount: () => new Error("wrong count"),
    },
  });
  const settle = () => {
    settled += 1;
  };
  const startedAt = performance.now();
  for (let round = 0; round < ROUNDS; round += 1) {
    for (let index = 0; index < size; index += 1) {
      batcher.arrive({ rows: 1, payload: index, settle });
    }
    batcher.tick();
    while (running !== undefined) {
      const batch: Batch<number> = running;
      running = undefined;
      batcher.done(batch, { kind: "results", results: round, count: batch.rows });
      batcher.tick();
    }
  }
  const elapsedMs = performance.now() - startedAt;
  if (settled !== ROUNDS * size) {
    throw new Error(`${settled} of ${ROUNDS * size} requests were answered`);
  }
  return (1000 * elapsedMs) / ROUNDS;
}

/**
 * What batching itself costs: microseconds per request and per batch with a model that costs nothing, against a bare
 * promise and an array. Prints a table; the figures are medians of short trials.
 *
 * @module
 */
import { BatchLoop } from "../handler/batch-loop.ts";
import { Batcher } from "../handler/batcher.ts";
import { scaleShapeCost } from "../handler/cost-model.ts";

const TRIALS = 15;
const REQUESTS = 20_000;
const profile = { points: [1, 8, 32].map((rows) => ({ rows, ms: 0.01 + 0.001 * rows })) };
const settings = { maxBatchSize: 32, maxLatencyMs: 1000 };

/** Microseconds for each request when they come `together` at a time. */
type Subject = (together: number) => Promise<number>;

/** What no batcher can do without: a promise each, a list, and a turn of the event loop for each batch. */
const bare: Subject = async (together) => {
  const startedAt = performance.now();
  for (let sent = 0; sent < REQUESTS; sent += together) {
    const waiting: ((value: number) => void)[] = [];
    const answers: Promise<number>[] = [];
    for (let index = 0; index < together; index += 1) {
      answers.push(new Promise((resolve) => waiting.push(resolve)));
    }
    await new Promise((resolve) => setImmediate(resolve));
    for (const [index, answer] of waiting.entries()) {
      answer(index);
    }
    await Promise.all(answers);
  }
  return (1000 * (performance.now() - startedAt)) / REQUESTS;
};

/** Submissions to the loop as the handler makes them. */
const loop: Subject = async (together) => {
  const batches = new BatchLoop<number, number>({
    subject: "echo",
    settings,
    costModel: scaleShapeCost({ profile }),
    execute: (batch) => Promise.resolve({ results: 0, count: batch.rows }),
    wrongCount: () => new Error("wrong count"),
  });
  const startedAt = performance.now();
  for (let sent = 0; sent < REQUESTS; sent += together) {
    const answers: Promise<unknown>[] = [];
    for (let index = 0; index < together; index += 1) {
      answers.push(batches.submit({ rows: 1, payload: index }));
    }
    await Promise.all(answers);
  }
  return (1000 * (performance.now() - startedAt)) / REQUESTS;
};

/** The state machine alone: arrive, tick, done. */
const machine: Subject = async (together) => {
  let end = () => {};
  const batcher = new Batcher<number, number>({
    clock: { now: () => performance.now() },
    costModel: scaleShapeCost({ profile }),
    executor: {
      runners: 1,
      run(batch) {
        end = () => batcher.done(batch, { kind: "results", results: 0, count: batch.rows });
      },
    },
    config: {
      ...settings,
      maxWaitMs: 0,
      maxQueueRows: 3200,
      wrongCount: () => new Error("wrong count"),
    },
  });
  const settle = () => {};
  const startedAt = performance.now();
  for (let sent = 0; sent < REQUESTS; sent += together) {
    for (let index = 0; index < together; index += 1) {
      batcher.arrive({ rows: 1, payload: index, settle });
    }
    batcher.tick();
    end();
  }
  return (1000 * (performance.now() - startedAt)) / REQUESTS;
};

async function median(subject: Subject, together: number): Promise<number> {
  await subject(together); // compiled before it is measured
  const trials: number[] = [];
  for (let trial = 0; trial < TRIALS; trial += 1) {
    trials.push(await subject(together));
  }
  return trials.sort((a, b) => a - b)[Math.floor(TRIALS / 2)] ?? Number.NaN;
}

const subjects = { bare, machine, loop };
const rows: Record<string, Record<string, number>> = {};
for (const [name, subject] of Object.entries(subjects)) {
  const [one, eight, many] = [
    await median(subject, 1),
    await median(subject, 8),
    await median(subject, 32),
  ];
  // t = batch + n·request, from the smallest and the largest n
  const requestUs = (32 * many - one) / 31;
  rows[name] = {
    "n=1 µs/request": round(one),
    "n=8 µs/request": round(eight),
    "n=32 µs/request": round(many),
    "µs/request at the margin": round(requestUs),
    "µs/batch": round(one - requestUs),
  };
}
console.table(rows);

function round(value: number): number {
  return Math.round(100 * value) / 100;
}

/**
 * What is measured over HTTP: each scenario starts its own servers, measures in pairs, and ends them.
 *
 * @module
 */
import type { BenchModel } from "../models/bench-models.ts";
import { irisRequests, type Requests, tensorRequests } from "./bodies.ts";
import { atLeast, atMost, type Figure, figureOf } from "./figures.ts";
import { goodRate, peakRate } from "./goodput.ts";
import { physicalLimit } from "./limit.ts";
import type { LoadResult } from "./load.ts";
import { pairedRatio } from "./pairs.ts";
import { type Generator, startTarget, type TargetProcess } from "./processes.ts";
import { rawCeiling } from "./raw-ort.ts";
import { estimate, median } from "./statistics.ts";

export interface BenchContext {
  readonly generator: Generator;
  /** Pairs of each figure. */
  readonly pairs: number;
  /** Length of one trial in milliseconds. */
  readonly trialMs: number;
}

interface ClosedOptions {
  readonly connections: number;
  readonly durationMs?: number;
}

/** Good answers a second of a closed loop. */
function closed(
  { generator, trialMs }: BenchContext,
  { port }: TargetProcess,
  requests: Requests,
  { connections, durationMs = trialMs }: ClosedOptions,
) {
  return generator.run({ ...requests, port, connections, durationMs });
}

/** iris against a bare echo of the same bodies on the same node server, at each number of connections. */
export async function irisAgainstEcho(context: BenchContext): Promise<Figure[]> {
  const echo = await startTarget({ name: "echo" });
  const iris = await startTarget({ name: "iris" });
  const shares: number[] = [];
  const figures: Figure[] = [];
  for (const connections of [64, 8, 1]) {
    const measure = (target: TargetProcess, path: string) => async () => {
      const result = await closed(context, target, irisRequests(path), { connections });
      shares.push(result.cpuShare);
      return goodRate(result);
    };
    const [bare, ours] = [measure(echo, "/echo"), measure(iris, "/classify")];
    await bare();
    await ours();
    const ratio = await pairedRatio(context.pairs, bare, ours);
    figures.push(
      figureOf(`iris, ${connections} connections: requests/s ÷ bare Hono JSON echo`, ratio, {
        ...(connections === 64 ? { bar: atLeast(0.6) } : {}),
        note: `${ratio.b.toFixed(0)} ÷ ${ratio.a.toFixed(0)}/s; generator at ${(100 * Math.max(...shares)).toFixed(0)} % of a core; access log and metrics on`,
      }),
    );
  }
  const { memory } = await iris.usage();
  figures.push({
    name: "iris: resident MB of the server run from sources, after load",
    value: memory / 1e6,
  });
  await Promise.all([echo.close(), iris.close()]);
  return figures;
}

/** Batching on against maxBatchSize 1: saturated, and idle. */
export async function onAgainstOff(
  context: BenchContext,
  model: Exclude<BenchModel, "iris">,
  options: {
    readonly connections: number;
    readonly least?: number;
    readonly kind?: "json" | "binary";
  },
): Promise<Figure[]> {
  const { connections, least, kind = "binary" } = options;
  const requests = tensorRequests(model, kind);
  const off = await startTarget({ name: model, maxBatchSize: 1 });
  const on = await startTarget({ name: model });
  const rate = (target: TargetProcess, count: number) => async () =>
    goodRate(await closed(context, target, requests, { connections: count }));
  const p50 = (target: TargetProcess) => async () =>
    (await closed(context, target, requests, { connections: 1 })).p50Ms;
  for (const warm of [rate(off, 2), rate(on, connections)]) {
    await warm();
  }
  const ratio = await pairedRatio(context.pairs, rate(off, connections), rate(on, connections));
  const idle = await pairedRatio(context.pairs, p50(off), p50(on));
  await Promise.all([off.close(), on.close()]);
  const note = `${ratio.b.toFixed(0)} ÷ ${ratio.a.toFixed(0)} rows/s at ${connections} connections, ${kind} bodies`;
  return [
    figureOf(`${model}: batching on ÷ off, saturated`, ratio, {
      ...(least === undefined ? {} : { bar: atLeast(least) }),
      note,
    }),
    figureOf(`${model}: idle p50 with batching ÷ without`, idle, {
      bar: atMost(1.1),
      note: `${idle.b.toFixed(2)} ÷ ${idle.a.toFixed(2)} ms, 1 connection`,
    }),
  ];
}

/** Times the saturated rate. */
const OVERLOADS = [2, 4];

/** Goodput under a latency limit against onnxruntime alone, then the same server at twice and four times that load. */
export async function goodputAndOverload(
  context: BenchContext,
  model: Exclude<BenchModel, "iris">,
  options: {
    readonly deadlineMs: number;
    readonly sizes: readonly number[];
    readonly least?: number;
    readonly kind?: "json" | "binary";
  },
): Promise<Figure[]> {
  const { deadlineMs, sizes, kind = "binary" } = options;
  const raw = await rawCeiling(model, sizes);
  const target = await startTarget({ name: model, maxLatencyMs: deadlineMs });
  const requests = tensorRequests(model, kind);
  const { generator, trialMs, pairs } = context;
  await closed(context, target, requests, { connections: 256 }); // warms up
  const rates: number[] = [];
  for (let trial = 0; trial < 3; trial += 1) {
    rates.push(goodRate(await closed(context, target, requests, { connections: 256 })));
  }
  const saturated = Math.max(...rates); // in a slow moment of the machine, what is offered would be no overload later
  const job = {
    ...requests,
    port: target.port,
    connections: 1024,
    durationMs: 2 * trialMs,
    deadlineMs,
  };
  const offer = (factor: number) => generator.run({ ...job, ratePerSecond: factor * saturated });
  await offer(1); // so that the cost model has seen batches of all sizes
  // more than it can do is offered, so that the figure follows the machine's speed of the moment
  const ratio = await pairedRatio(
    pairs,
    () => raw.measure(trialMs),
    async () => goodRate(await offer(1.2)),
  );
  const { threads, intraOpThreads, rows } = raw.layout;
  const figures = [
    figureOf(
      `${model}, ${kind} bodies: answers within ${deadlineMs} ms ÷ raw ONNX Runtime`,
      ratio,
      {
        ...(options.least === undefined ? {} : { bar: atLeast(options.least) }),
        note: `${ratio.b.toFixed(0)} ÷ ${ratio.a.toFixed(0)} rows/s; raw: ${threads} × ${intraOpThreads} threads, ${rows} rows; the generator shares the cores`,
      },
    ),
  ];
  for (const factor of OVERLOADS) {
    figures.push(...(await overload(context, { model, factor, offer })));
  }
  const limit = { generator, raw, job, saturated, trials: Math.min(pairs, 3) };
  figures.push(...(await physicalLimit(model, OVERLOADS, limit)));
  await raw.close();
  if (pairs > 3) {
    const value = await peakRate({ generator, job }, saturated, 5);
    const name = `${model}, ${kind} bodies: highest Poisson rate with 99 % within ${deadlineMs} ms, requests/s`;
    figures.push({ name, value });
  }
  await target.close();
  return figures;
}

interface OverloadOptions {
  readonly model: BenchModel;
  readonly factor: number;
  /** Poisson arrivals at so many times the saturated rate. */
  offer(factor: number): Promise<LoadResult>;
}

/** In pairs with the load at which it does best. */
async function overload(
  { pairs }: BenchContext,
  { model, factor, offer }: OverloadOptions,
): Promise<Figure[]> {
  const results: LoadResult[] = [];
  const ratio = await pairedRatio(
    Math.min(pairs, 5),
    async () => Math.max(goodRate(await offer(1)), goodRate(await offer(1.2))),
    async () => {
      const result = await offer(factor);
      results.push(result);
      return goodRate(result);
    },
  );
  const name = `${model}, overload ${factor}×`;
  const of = (read: (result: LoadResult) => number) => estimate(results.map(read));
  const lateSends = median(results.map((result) => result.lateSends / result.sent));
  const cpu = Math.max(...results.map(({ cpuShare }) => cpuShare));
  const failed = results.reduce((sum, result) => sum + result.failed, 0);
  return [
    figureOf(`${name}: goodput ÷ peak goodput`, ratio, {
      bar: atLeast(0.9),
      note: `${ratio.b.toFixed(0)} ÷ ${ratio.a.toFixed(0)}/s`,
    }),
    figureOf(
      `${name}: late answers, % of those offered`,
      of(({ late, sent }) => (100 * late) / sent),
      {
        bar: atMost(0.5),
      },
    ),
    figureOf(
      `${name}: rejects answered within, p99 ms`,
      of(({ rejectP99Ms, rejected }) => (rejected === 0 ? 0 : rejectP99Ms)),
      {
        bar: atMost(5),
        note: `${(100 * lateSends).toFixed(1)} % of sends more than 2 ms late; generator at ${(100 * cpu).toFixed(0)} % of a core; ${failed} failed`,
      },
    ),
  ];
}

/** 200 requests at once after a quiet time, where the default latency limit leaves room for all of them. */
export async function burst({ generator, trialMs }: BenchContext): Promise<Figure[]> {
  const target = await startTarget({ name: "mlp-big" });
  const requests = tensorRequests("mlp-big", "binary");
  await generator.run({ ...requests, port: target.port, connections: 8, durationMs: trialMs });
  await new Promise((resolve) => setTimeout(resolve, 3 * trialMs));
  const result = await generator.run({
    ...requests,
    port: target.port,
    connections: 200,
    durationMs: 1,
  });
  await target.close();
  return [
    {
      name: "burst of 200 after a quiet time: refused or failed",
      value: result.rejected + result.failed,
      bar: atMost(0),
      note: `${result.sent} sent, ${result.good} answered; a quiet minute is in the simulator`,
    },
  ];
}

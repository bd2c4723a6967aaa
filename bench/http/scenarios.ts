/**
 * What is measured over HTTP: each scenario starts its own servers, measures in pairs, and ends them.
 *
 * @module
 */
import type { BenchModel } from "../models/bench-models.ts";
import { irisRequests, type Requests, tensorRequests } from "./bodies.ts";
import { atLeast, atMost, type Figure, figureOf } from "./figures.ts";
import { goodRate, peakRate } from "./goodput.ts";
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
  const { generator, trialMs } = context;
  const saturated = goodRate(
    await closed(context, target, requests, { connections: 256, durationMs: 2 * trialMs }),
  );
  const job = {
    ...requests,
    port: target.port,
    connections: 400,
    durationMs: 2 * trialMs,
    deadlineMs,
  };
  const peak = await peakRate({ generator, job }, saturated, 5);
  const open = async () => goodRate(await generator.run({ ...job, ratePerSecond: peak }));
  const ratio = await pairedRatio(context.pairs, () => raw.measure(trialMs), open);
  await raw.close();
  const { threads, intraOpThreads, rows } = raw.layout;
  const first = figureOf(
    `${model}, ${kind} bodies: goodput at p99 ≤ ${deadlineMs} ms ÷ raw ONNX Runtime`,
    ratio,
    {
      ...(options.least === undefined ? {} : { bar: atLeast(options.least) }),
      note: `${ratio.b.toFixed(0)} ÷ ${ratio.a.toFixed(0)} rows/s; raw: ${threads} × ${intraOpThreads} threads, ${rows} rows; the generator shares the cores`,
    },
  );
  const over = await overload(context, { ...job, peak: Math.max(ratio.b, 1) });
  await target.close();
  return [first, ...over.map((figure) => ({ ...figure, name: `${model}: ${figure.name}` }))];
}

type OverloadJob = Parameters<Generator["run"]>[0] & { readonly peak: number };

async function overload({ generator, pairs }: BenchContext, job: OverloadJob): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const factor of [2, 4]) {
    const results = [];
    for (let trial = 0; trial < Math.min(pairs, 3); trial += 1) {
      results.push(
        await generator.run({
          ...job,
          ratePerSecond: factor * job.peak,
          seed: trial + 1,
          connections: 1024,
        }),
      );
    }
    const good = estimate(results.map((result) => goodRate(result) / job.peak));
    const lateSends = median(results.map(({ lateSends, sent }) => lateSends / sent));
    figures.push(
      figureOf(`overload ${factor}×: goodput ÷ peak goodput`, good, { bar: atLeast(0.9) }),
      figureOf(
        `overload ${factor}×: late answers, % of those offered`,
        estimate(results.map(({ late, sent }) => (100 * late) / sent)),
        { bar: atMost(0.5) },
      ),
      figureOf(
        `overload ${factor}×: rejects answered within, p99 ms`,
        estimate(results.map(({ rejectP99Ms, rejected }) => (rejected === 0 ? 0 : rejectP99Ms))),
        {
          bar: atMost(5),
          note: `${(100 * lateSends).toFixed(1)} % of sends more than 2 ms late; generator at ${(100 * Math.max(...results.map(({ cpuShare }) => cpuShare))).toFixed(0)} % of a core; ${results.reduce((sum, { failed }) => sum + failed, 0)} failed`,
        },
      ),
    );
  }
  return figures;
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

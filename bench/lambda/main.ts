/**
 * A function on managed instances under load: one process on one core, 32 invocations at once at most, a thousand requests
 * a second at random moments. The Runtime API's server refuses a request that finds no idle poll, as AWS's emulator does.
 *
 * @module
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type RuntimeApiServer, runtimeApiServer } from "../../test/support/runtime-api-server.ts";
import { atLeast, atMost, type Figure, formatTable, verdictOf } from "../http/figures.ts";
import { WIDTH } from "./flat-model.ts";
import { type FunctionProcess, startFunction } from "./function-process.ts";
import { layersFor } from "./layers-for.ts";
import type { MeasuredProcess } from "./measured-process.ts";
import { installOfficialClient, OFFICIAL_CLIENT, startOfficial } from "./official-client.ts";

const { values } = parseArgs({
  options: {
    rate: { type: "string", default: "1000" },
    seconds: { type: "string", default: "10" },
    concurrency: { type: "string", default: "32" },
    "model-ms": { type: "string", default: "5" },
  },
});
const rate = Number(values.rate);
const seconds = Number(values.seconds);
const concurrency = Number(values.concurrency);
const WARM_SECONDS = 3;
const INPUTS = 64;

const { layers, runMs } = await layersFor(Number(values["model-ms"]));
const folder = await mkdtemp(join(tmpdir(), "bench-lambda-"));
try {
  const figures = [...(await measureOurs()), ...(await measureOfficial())];
  console.log(formatTable(figures));
  process.exitCode = figures.some((figure) => verdictOf(figure) === "MISS") ? 1 : 0;
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function measureOurs(): Promise<Figure[]> {
  await using api = await runtimeApiServer();
  const environment = {
    AWS_LAMBDA_RUNTIME_API: api.host,
    AWS_LAMBDA_MAX_CONCURRENCY: values.concurrency,
    NODE_OPTIONS: "--max-semi-space-size=2", // as docs/lambda.md has it
  };
  await using lambda = await startFunction({
    folder: join(folder, "ours"),
    layers,
    environment,
    core: 1,
  });
  await Promise.race([api.whenIdle(concurrency), lambda.failed]);
  const seen = await measure(api, lambda);
  const sizes = batchSizes(lambda, seen.from);
  const mean = sizes.reduce((sum, size) => sum + size, 0) / sizes.length;
  const how = `${rate} requests/s for ${seconds} s, concurrency ${concurrency}, one core`;
  return [
    { name: "mean batch, rows", value: mean, bar: atLeast(6), note: how },
    { name: "refused, %", value: seen.refusedShare, bar: atMost(5), note: "no idle poll" },
    { name: "most resident memory, MB", value: seen.mostBytes / 1e6, bar: atMost(200) },
    {
      name: "wrong answers",
      value: seen.wrong,
      bar: atMost(0),
      note: `of ${seen.sent}, each compared with its own`,
    },
    {
      name: "processor time, %",
      value: seen.busyShare,
      note: "of its core; more than 90 is saturation",
    },
    { name: "p50, ms", value: seen.p50 },
    { name: "p99, ms", value: seen.p99 },
    { name: "one request alone, ms", value: seen.aloneMs, note: "median" },
    {
      name: "the model alone, ms",
      value: runMs,
      note: `onnxruntime with one row, ${layers} layers: as slow as asked for`,
    },
  ];
}

/** AWS's own client beside ours, with its own number of threads and with one. */
async function measureOfficial(): Promise<Figure[]> {
  const installed = await installOfficialClient();
  if ("missing" in installed) {
    console.error(`${OFFICIAL_CLIENT} is not there: ${installed.missing}`);
    return [];
  }
  const figures: Figure[] = [];
  for (const [name, workers] of [
    ["its own threads", {}],
    ["one thread", { AWS_LAMBDA_NODEJS_WORKER_COUNT: "1" }],
  ] as const) {
    await using api = await runtimeApiServer();
    await using lambda = await startOfficial({
      entry: installed.entry,
      folder: join(folder, name.replaceAll(" ", "-")),
      layers,
      environment: {
        AWS_LAMBDA_RUNTIME_API: api.host,
        AWS_LAMBDA_MAX_CONCURRENCY: values.concurrency,
        ...workers,
      },
      core: 1,
    });
    await Promise.race([api.whenIdle(1), lambda.failed]);
    const seen = await measure(api, lambda);
    const note = `${OFFICIAL_CLIENT}, ${name}: every request a run of its own`;
    figures.push(
      { name: "official: refused, %", value: seen.refusedShare, note },
      { name: "official: most resident memory, MB", value: seen.mostBytes / 1e6, note: name },
      { name: "official: wrong answers", value: seen.wrong, note: `of ${seen.sent}` },
      { name: "official: p50, ms", value: seen.p50, note: name },
      { name: "official: p99, ms", value: seen.p99, note: name },
    );
  }
  return figures;
}

/** Each input alone first, for what is right and how long it takes; then the load. */
async function measure(api: RuntimeApiServer, lambda: MeasuredProcess) {
  const events = Array.from({ length: INPUTS }, (_, index) =>
    JSON.stringify({ x: Array.from({ length: WIDTH }, (__, at) => index + at / WIDTH) }),
  );
  const expected: string[] = [];
  const alone: number[] = [];
  for (const event of events) {
    await api.whenIdle(1);
    const startedAt = performance.now();
    expected.push(answerOf(await api.invoke(event)) ?? "");
    alone.push(performance.now() - startedAt);
  }
  const isRight = (index: number, body: string) => isClose(body, expected[index] ?? "");
  await load(api, { events, isRight, ms: WARM_SECONDS * 1000 });
  const from = Date.now();
  const usedBefore = await lambda.processorMs();
  const seen = await load(api, { events, isRight, ms: seconds * 1000, lambda });
  const usedMs = (await lambda.processorMs()) - usedBefore;
  const latencies = seen.latencies.sort((a, b) => a - b);
  const quantile = (share: number) => latencies[Math.floor(share * latencies.length)] ?? Number.NaN;
  return {
    ...seen,
    from,
    refusedShare: (100 * seen.refused) / seen.sent,
    busyShare: usedMs / (10 * seconds),
    p50: quantile(0.5),
    p99: quantile(0.99),
    aloneMs: alone.sort((a, b) => a - b)[INPUTS / 2] ?? Number.NaN,
  };
}

interface Load {
  readonly events: readonly string[];
  isRight(index: number, body: string): boolean;
  readonly ms: number;
  readonly lambda?: MeasuredProcess;
}

/** Poisson arrivals, whatever becomes of those before. */
async function load(api: RuntimeApiServer, { events, isRight, ms, lambda }: Load) {
  const seen = { sent: 0, refused: 0, wrong: 0, mostBytes: 0, latencies: [] as number[] };
  const open = new Set<Promise<void>>();
  const send = async () => {
    const index = seen.sent % INPUTS;
    seen.sent += 1;
    const startedAt = performance.now();
    const invoked = await api.invoke(events[index]);
    if (invoked.kind === "refused") {
      seen.refused += 1;
      return;
    }
    seen.latencies.push(performance.now() - startedAt);
    const body = answerOf(invoked);
    seen.wrong += body !== undefined && isRight(index, body) ? 0 : 1;
  };
  const startedAt = performance.now();
  let due = startedAt;
  let lookAt = startedAt;
  while (due < startedAt + ms) {
    const now = performance.now();
    while (due <= now) {
      const sending: Promise<void> = send().finally(() => open.delete(sending));
      open.add(sending);
      due += (-Math.log(1 - Math.random()) * 1000) / rate;
    }
    if (lambda !== undefined && now > lookAt) {
      lookAt = now + 250;
      seen.mostBytes = Math.max(seen.mostBytes, await lambda.residentBytes());
    }
    await new Promise((resolve) => setTimeout(resolve, due - performance.now()));
  }
  await Promise.all(open);
  return seen;
}

/** Rows of the batches that were counted since then; those that a line still held from before are few. */
function batchSizes({ metrics }: FunctionProcess, from: number): number[] {
  return metrics.flatMap((line) => {
    const at = Object(line["_aws"])["Timestamp"];
    const sizes = line["bentoml_runner_adaptive_batch_size"];
    return Number(at) < from + 1000 ? [] : [sizes ?? []].flat().map(Number);
  });
}

function answerOf(invoked: Awaited<ReturnType<RuntimeApiServer["invoke"]>>): string | undefined {
  return invoked.kind === "answer" ? invoked.body : undefined;
}

/** Rows of a batch may differ in the last bits from the same rows alone. */
function isClose(body: string, expected: string): boolean {
  const given: number[] = JSON.parse(body);
  const wanted: number[] = JSON.parse(expected);
  return (
    given.length === WIDTH &&
    given.every((value, index) => Math.abs(value - (wanted[index] ?? Number.NaN)) < 1e-4)
  );
}

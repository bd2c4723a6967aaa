/**
 * Load of two kinds, as the generator's process makes it. Closed loop: each connection sends when it has its answer. Open
 * loop: sends at times drawn beforehand, and latency counts from the scheduled time, however late the send was.
 *
 * @module
 */
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { xorshift } from "../models/onnx-writer.ts";
import { type Connection, openConnection, postRequest } from "./connection.ts";
import { quantile } from "./statistics.ts";

export interface LoadJob {
  readonly port: number;
  readonly path: string;
  /** Bodies sent in turn, base64. */
  readonly bodies: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  readonly durationMs: number;
  /** Closed loop with so many connections, or Poisson arrivals at this rate over at most `connections`. */
  readonly connections: number;
  readonly ratePerSecond?: number;
  /** Answers later than this are late. @default never */
  readonly deadlineMs?: number;
  /** @default 1 */
  readonly seed?: number;
}

export interface LoadResult {
  readonly sent: number;
  /** 200 within the deadline. */
  readonly good: number;
  /** 200 after the deadline. */
  readonly late: number;
  readonly rejected: number;
  /** Neither 200 nor 429 nor 503, or no answer at all. */
  readonly failed: number;
  /** From the first to the last scheduled send. */
  readonly elapsedMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** From the scheduled send to the refusal. */
  readonly rejectP99Ms: number;
  /** Sends more than 2 ms after their time, a turn of the timers. */
  readonly lateSends: number;
  /** Of one core. */
  readonly cpuShare: number;
}

const LATE_MS = 2;

interface Tally {
  sent: number;
  good: number;
  late: number;
  failed: number;
  lateSends: number;
  readonly latencies: number[];
  readonly rejects: number[];
}

export async function runLoad(job: LoadJob): Promise<LoadResult> {
  const requests = job.bodies.map((body) =>
    postRequest(job.path, Buffer.from(body, "base64"), job.headers),
  );
  const connections = await Promise.all(
    Array.from({ length: job.connections }, () => openConnection(job.port)),
  );
  const tally: Tally = {
    sent: 0,
    good: 0,
    late: 0,
    failed: 0,
    lateSends: 0,
    latencies: [],
    rejects: [],
  };
  const startedAt = performance.now();
  const cpu = process.cpuUsage();
  await (job.ratePerSecond === undefined
    ? closedLoop(job, { connections, requests, tally })
    : openLoop(job, job.ratePerSecond, { connections, requests, tally }));
  const elapsedMs = performance.now() - startedAt;
  const { user, system } = process.cpuUsage(cpu);
  for (const connection of connections) {
    connection.close();
  }
  const { latencies, rejects, ...counts } = tally;
  return {
    ...counts,
    rejected: rejects.length,
    elapsedMs: job.ratePerSecond === undefined ? elapsedMs : job.durationMs,
    p50Ms: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
    rejectP99Ms: quantile(rejects, 0.99),
    cpuShare: (user + system) / 1000 / elapsedMs,
  };
}

interface Sending {
  readonly connections: readonly Connection[];
  readonly requests: readonly Buffer[];
  readonly tally: Tally;
}

async function closedLoop(job: LoadJob, { connections, requests, tally }: Sending): Promise<void> {
  const until = performance.now() + job.durationMs;
  let next = 0;
  const loop = async (connection: Connection) => {
    do {
      next = (next + 1) % requests.length;
      await sendOne(connection, requests[next] ?? Buffer.alloc(0), {
        job,
        tally,
        scheduledAt: performance.now(),
      });
    } while (performance.now() < until);
  };
  await Promise.all(connections.map(loop));
}

async function openLoop(job: LoadJob, ratePerSecond: number, sending: Sending): Promise<void> {
  const { requests, tally } = sending;
  const schedule = poisson(job, ratePerSecond);
  const idle = [...sending.connections];
  const waiting: number[] = [];
  const working = new Set<Promise<void>>();
  const zero = performance.now() + 5;
  const serve = async (connection: Connection, first: number) => {
    for (let at: number | undefined = first; at !== undefined; at = waiting.shift()) {
      const request = requests[tally.sent % requests.length] ?? Buffer.alloc(0);
      await sendOne(connection, request, { job, tally, scheduledAt: at });
    }
    idle.push(connection);
  };
  for (const offset of schedule) {
    const at = zero + offset;
    await waitUntil(at);
    if (performance.now() > at + LATE_MS) {
      tally.lateSends += 1;
    }
    const connection = idle.pop();
    if (connection === undefined) {
      waiting.push(at); // its latency counts from `at` all the same
      continue;
    }
    const work = serve(connection, at).finally(() => working.delete(work));
    working.add(work);
  }
  await Promise.all(working);
}

/** Sleeps, a millisecond at least: to spin until the moment has come would take a core from the server. */
async function waitUntil(at: number): Promise<void> {
  for (let left = at - performance.now(); left > 0; left = at - performance.now()) {
    await sleep(Math.max(1, left - 1));
  }
}

/** Offsets in milliseconds, drawn before the run. */
function poisson({ durationMs, seed = 1 }: LoadJob, ratePerSecond: number): number[] {
  const random = xorshift(seed * 7919 + 1);
  for (let skipped = 0; skipped < 20; skipped += 1) {
    random();
  }
  const offsets: number[] = [];
  let at = 0;
  for (;;) {
    at += (-Math.log(1 - (random() + 1) / 2) / ratePerSecond) * 1000;
    if (at >= durationMs) {
      return offsets;
    }
    offsets.push(at);
  }
}

interface OneSend {
  readonly job: LoadJob;
  readonly tally: Tally;
  readonly scheduledAt: number;
}

async function sendOne(
  connection: Connection,
  request: Buffer,
  { job, tally, scheduledAt }: OneSend,
): Promise<void> {
  tally.sent += 1;
  try {
    const { status } = await connection.send(request);
    const latencyMs = performance.now() - scheduledAt;
    if (status === 200) {
      tally.latencies.push(latencyMs);
      if (latencyMs <= (job.deadlineMs ?? Number.POSITIVE_INFINITY)) {
        tally.good += 1;
      } else {
        tally.late += 1;
      }
    } else if (status === 503 || status === 429) {
      tally.rejects.push(latencyMs);
    } else {
      tally.failed += 1;
    }
  } catch {
    tally.failed += 1;
  }
}

/**
 * Mixed load against a real server with a model in a thread: good requests of all sizes, poisoned rows, bad input, bodies
 * too long, callers that leave, a thread that dies. Every answer is held against its own request: each has numbers of its
 * own, so that an answer that belongs to another cannot pass.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { io, model, service } from "../../core/index.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import { createApp } from "../../handler/app.ts";
import { listen } from "../../handler/listen.ts";
import { silentLog } from "../../handler/log.ts";
import { loadRunner } from "../../handler/runner/load-runner.ts";
import { type Connection, openConnection, postRequest, type Reply } from "../http/connection.ts";
import { xorshift } from "../models/onnx-writer.ts";
import { DEADLY, POISON } from "./rows.ts";

export interface ChaosOptions {
  readonly seed: number;
  readonly connections: number;
  /** True while more requests are to be sent. */
  isOn(sent: number): boolean;
  /** Requests that kill the thread. */
  readonly kills: number;
}

export interface ChaosReport {
  readonly sent: number;
  /** By kind of request and status, e.g. `good 200`; `gone` for callers that left. */
  readonly answers: Readonly<Record<string, number>>;
  /** What no request of its kind may be answered with; empty when all is well. */
  readonly wrong: readonly string[];
  /** What is left when all are answered: all zero. */
  readonly left: {
    readonly inFlight: number;
    readonly queuedRows: number;
    readonly running: number;
  };
  /** Answers of the server, as its own log has them, less those that callers waited for or left. */
  readonly unaccounted: number;
}

const MAX_BODY_BYTES = 20_000;
const STATUSES: Readonly<Record<string, readonly number[]>> = {
  good: [200],
  poison: [500],
  bad: [400],
  oversize: [413],
  deadly: [500],
};

export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const runner = await loadRunner({
    path: fileURLToPath(import.meta.url), // any file: the thread reads none
    name: "net",
    workerUrl: new URL("doubling-worker.ts", import.meta.url),
    threads: 2,
    batchable: true,
    settings: { maxBatchSize: 8 },
  });
  let logged = 0;
  const app = createApp({
    definition: doubling.definition,
    runners: { net: runner },
    runtime: { name: "chaos", version: "v1", models: {} },
    maxBodyBytes: MAX_BODY_BYTES,
    log: {
      ...silentLog,
      access() {
        logged += 1;
      },
    },
  });
  const listener = await listen({ fetch: app.fetch, port: 0, host: "127.0.0.1" });
  const tally = { sent: 0, answers: new Map<string, number>(), wrong: [] as string[], kills: 0 };
  const random = xorshift(options.seed);
  await Promise.all(
    Array.from({ length: options.connections }, () =>
      oneCaller(listener.port, { options, tally, random }),
    ),
  );
  await app.lifecycle.drain();
  await new Promise((resolve) => setImmediate(resolve));
  const { queuedRows, running } = runner.snapshot();
  listener.stopAccepting();
  await listener.close(AbortSignal.timeout(1000));
  await runner.close();
  return {
    sent: tally.sent,
    answers: Object.fromEntries([...tally.answers].sort()),
    wrong: tally.wrong,
    left: { inFlight: app.lifecycle.inFlight, queuedRows, running },
    // a caller may leave before its request has come in, so that there may be fewer, but never more
    unaccounted: Math.max(0, logged - tally.sent),
  };
}

const Pairs = io.tensor("float32", ["n", 2]);

const doubling = service({
  name: "chaos",
  models: { net: model("net:v1") },
  apis: ({ api, batch }) => ({
    single: api({
      input: { X: Pairs },
      output: Pairs,
      async run({ X }, { models, signal }) {
        const { Y } = await models.net.run({ X }, { signal });
        return Y as Tensor<"float32">;
      },
    }),
    shared: batch({
      parameter: "X",
      row: io.tensor("float32", ["k"]),
      result: io.tensor("float32", ["k"]),
      maxBatchSize: 8,
      async run(rows, { models }) {
        const { Y } = await models.net.run({ X: tensor("float32", rows.dims, rows.data) });
        return Y as Tensor<"float32">;
      },
    }),
  }),
});

interface Calling {
  readonly options: ChaosOptions;
  readonly tally: {
    sent: number;
    kills: number;
    readonly answers: Map<string, number>;
    readonly wrong: string[];
  };
  readonly random: () => number;
}

async function oneCaller(port: number, { options, tally, random }: Calling): Promise<void> {
  let connection = await openConnection(port);
  const count = (key: string) => tally.answers.set(key, (tally.answers.get(key) ?? 0) + 1);
  while (options.isOn(tally.sent)) {
    tally.sent += 1;
    const { kind, leaves, X } = chooseRequest(tally, { options, random });
    const path = tally.sent % 2 === 0 ? "/single" : "/shared";
    const body = Buffer.from(JSON.stringify({ X }));
    const request = postRequest(path, body, { "content-type": "application/json" });
    const answering = connection.send(request);
    if (leaves) {
      answering.catch(() => {});
      await new Promise((resolve) => setImmediate(resolve));
      connection.close();
      connection = await openConnection(port);
      count("gone");
      continue;
    }
    const reply = await answering.catch((error: unknown) => String(error));
    const status = typeof reply === "string" ? 0 : reply.status;
    count(`${kind} ${status}`);
    const problem = problemOf({ kind, X, reply, hasKilled: tally.kills > 0 });
    if (problem !== undefined) {
      tally.wrong.push(`${path} ${problem}`);
    }
    if (typeof reply === "string" || kind === "oversize") {
      connection = await reopen(connection, port); // the server ends what it has not read
    }
  }
  connection.close();
}

async function reopen(connection: Connection, port: number): Promise<Connection> {
  connection.close();
  return openConnection(port);
}

function chooseRequest(
  tally: Calling["tally"],
  { options, random }: Pick<Calling, "options" | "random">,
) {
  const dice = 50 * (random() + 1);
  const rows = (count: number) =>
    Array.from({ length: count }, (_, row) => [tally.sent, 1000 * row + tally.sent / 7]);
  if (tally.kills < options.kills && tally.sent > 50 * (tally.kills + 1)) {
    tally.kills += 1;
    return { kind: "deadly", leaves: false, X: [[tally.sent, DEADLY]] };
  }
  const size = 1 + Math.floor(3 * (random() + 1));
  if (dice < 8) {
    return { kind: "poison", leaves: false, X: [[tally.sent, POISON]] };
  }
  if (dice < 14) {
    return { kind: "bad", leaves: false, X: [[1, "2"], [3]] };
  }
  if (dice < 16) {
    return { kind: "oversize", leaves: false, X: rows(2000) };
  }
  if (dice < 26) {
    return { kind: "good", leaves: true, X: rows(size) };
  }
  return { kind: "good", leaves: false, X: rows(dice < 32 ? 40 : size) };
}

interface Answered {
  readonly kind: string;
  readonly X: readonly (readonly (number | string)[])[];
  readonly reply: Reply | string;
  /** A thread that dies takes its batch with it. */
  readonly hasKilled: boolean;
}

function problemOf({ kind, X, reply, hasKilled }: Answered): string | undefined {
  if (typeof reply === "string") {
    return `${kind}: ${reply}`;
  }
  const { status, body } = reply;
  if (!STATUSES[kind]?.includes(status)) {
    return hasKilled && status === 500 ? undefined : `${kind}: ${status} ${body}`;
  }
  if (status !== 200) {
    return undefined;
  }
  const expected = X.map((row) => row.map((cell) => Math.fround(2 * Math.fround(Number(cell)))));
  return body.toString() === JSON.stringify(expected)
    ? undefined
    : `not its own answer: ${JSON.stringify(X)} ${body}`;
}

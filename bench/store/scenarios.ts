/**
 * What the store is measured by: a large model up to S3 and down again beside the SDK's own copy, an import beside a
 * copy of the file, and a second version that shares most of its files.
 *
 * @module
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { FaultProxy } from "../../test/support/fault-proxy.ts";
import type { S3Server } from "../../test/support/s3-server.ts";
import { atLeast, atMost, type Figure, figureOf } from "../http/figures.ts";
import { estimate, median } from "../http/statistics.ts";
import type { Job, JobDone } from "./job.ts";
import { writeModel } from "./model-files.ts";
import { runJob } from "./run-job.ts";

export interface StoreBench {
  readonly server: S3Server;
  /** Before the server; passes all through. */
  readonly proxy: FaultProxy;
  /** For models, stores and copies. */
  readonly folder: string;
  readonly home: string;
  readonly modelBytes: number;
  readonly pairs: number;
}

const BUCKET = "bench";
const WEIGHTS = "weights.bin";
const LEAST_RATIO = 0.8;
const MOST_GROWN_MB = 128;

/** Registers the large model; its times are beside those of a copy that is hashed and synced. */
export async function importing(bench: StoreBench): Promise<Figure[]> {
  const { folder, home, modelBytes, pairs } = bench;
  const source = join(folder, "model");
  await writeModel(source, { [WEIGHTS]: { sizeBytes: modelBytes, seed: 1 } });
  const [to, copy] = [join(folder, "local"), join(folder, "copy.bin")];
  const runs: Pair[] = [];
  for (let index = 0; index < pairs; index += 1) {
    await rm(to, { recursive: true, force: true });
    await rm(copy, { force: true });
    runs.push(
      await inTurn(index, [
        { kind: "import", source, to, home },
        { kind: "file", path: join(source, WEIGHTS), to: copy },
      ]),
    );
  }
  await rm(copy);
  return figuresOf("import into a folder ÷ copy, sha256 and sync of the file", bench, runs);
}

/** Needs what {@link importing} has registered. */
export async function pushing(bench: StoreBench): Promise<Figure[]> {
  const { folder, home, proxy, modelBytes, pairs } = bench;
  const path = join(folder, "model", WEIGHTS);
  const runs: Pair[] = [];
  for (let index = 0; index < pairs; index += 1) {
    const to = await remoteStore(bench, `push-${index}`);
    const object = { endpoint: proxy.endpoint, bucket: BUCKET, key: `plain-${index}` };
    runs.push(
      await inTurn(index, [
        { kind: "copy", from: join(folder, "local"), to, home, version: "v1" },
        { kind: "plain-up", object, path, sizeBytes: modelBytes },
      ]),
    );
  }
  return figuresOf("push to S3 ÷ the SDK's own multipart copy", bench, runs, LEAST_RATIO);
}

/** Needs what {@link pushing} has sent first. */
export async function pulling(bench: StoreBench): Promise<Figure[]> {
  const { folder, home, proxy, pairs } = bench;
  const [to, path] = [join(folder, "pulled"), join(folder, "plain.bin")];
  const runs: Pair[] = [];
  const from = await remoteStore(bench, "push-0");
  const object = { endpoint: proxy.endpoint, bucket: BUCKET, key: "plain-0" };
  for (let index = 0; index < pairs; index += 1) {
    runs.push(
      await inTurn(index, [
        { kind: "copy", from, to, home, version: "v1" },
        { kind: "plain-down", object, path },
      ]),
    );
    await rm(to, { recursive: true });
    await rm(path);
  }
  return figuresOf("pull from S3 ÷ the SDK's own ranged copy", bench, runs, LEAST_RATIO);
}

/** Ten files of weights, of which the second version has nine. */
export async function sharing(bench: StoreBench): Promise<Figure[]> {
  const { folder, home, proxy, modelBytes } = bench;
  const sizeBytes = Math.floor(modelBytes / 40);
  const from = join(folder, "shared");
  const to = await remoteStore(bench, "shared");
  const sent: number[] = [];
  for (const [version, lastSeed] of [
    ["v1", 9],
    ["v2", 10],
  ] as const) {
    const seeds = [0, 1, 2, 3, 4, 5, 6, 7, 8, lastSeed];
    const files = seeds.map((seed, index) => [`w${index}.bin`, { sizeBytes, seed: seed + 2 }]);
    const source = join(folder, `shared-${version}`);
    await writeModel(source, Object.fromEntries(files));
    await runJob({ kind: "import", source, to: from, home, version });
    const before = proxy.sentBytes;
    await runJob({ kind: "copy", from, to, home, version });
    sent.push(proxy.sentBytes - before);
  }
  const [first = Number.NaN, second = Number.NaN] = sent;
  return [
    {
      name: "second version that shares 90 %: bytes sent ÷ the first's",
      value: second / first,
      bar: atMost(0.105),
      note: `${mega(second)} ÷ ${mega(first)} MB through the proxy`,
    },
  ];
}

interface Pair {
  readonly ours: JobDone;
  readonly other: JobDone;
}

/** The one that begins changes from pair to pair. */
async function inTurn(index: number, [ours, other]: readonly [Job, Job]): Promise<Pair> {
  if (index % 2 === 0) {
    const first = await runJob(ours);
    return { ours: first, other: await runJob(other) };
  }
  const first = await runJob(other);
  return { ours: await runJob(ours), other: first };
}

function figuresOf(
  name: string,
  { modelBytes }: StoreBench,
  runs: readonly Pair[],
  least?: number,
): Figure[] {
  const rate = (pick: (pair: Pair) => JobDone) =>
    mega(modelBytes / median(runs.map((pair) => pick(pair).seconds)));
  const ratio = estimate(runs.map(({ ours, other }) => other.seconds / ours.seconds));
  const note = `${rate(({ ours }) => ours)} ÷ ${rate(({ other }) => other)} MB/s`;
  const grownMb = Math.max(...runs.map(({ ours }) => ours.grownMb));
  const short = name.slice(0, name.indexOf(" ÷"));
  return [
    figureOf(
      `${name}, throughput`,
      ratio,
      least === undefined ? { note } : { bar: atLeast(least), note },
    ),
    {
      name: `${short}: growth of RSS, MB, the most of all runs`,
      value: grownMb,
      bar: atMost(MOST_GROWN_MB),
    },
  ];
}

/** The URL of a store behind the proxy. */
async function remoteStore({ server, proxy }: StoreBench, prefix: string): Promise<string> {
  const direct = await server.store(BUCKET, prefix);
  return direct.replace(server.endpoint, proxy.endpoint);
}

function mega(bytes: number): string {
  return (bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0);
}

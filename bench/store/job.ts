/**
 * One copy in a process of its own, so that its memory is its own: the job comes as JSON in the first argument, the
 * time and the growth of the process leave as JSON.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { performance } from "node:perf_hooks";
import { openStore } from "../../model-store/open-store.ts";
import type { Store } from "../../model-store/store.ts";
import { downloadPlain, type PlainObject, plainClient, uploadPlain } from "./plain-copy.ts";

export type Job =
  /** Registers the model of a folder. */
  | {
      readonly kind: "import";
      readonly source: string;
      readonly to: string;
      readonly home: string;
      readonly version?: string;
    }
  /** A model's version from one store to another. */
  | {
      readonly kind: "copy";
      readonly from: string;
      readonly to: string;
      readonly home: string;
      readonly version: string;
    }
  | {
      readonly kind: "plain-up";
      readonly object: PlainObject;
      readonly path: string;
      readonly sizeBytes: number;
    }
  | { readonly kind: "plain-down"; readonly object: PlainObject; readonly path: string }
  /** Reads a file, hashes it, writes it and waits until it is on disk. */
  | { readonly kind: "file"; readonly path: string; readonly to: string };

export interface JobDone {
  readonly seconds: number;
  /** Peak of resident memory above what it was before the copy. */
  readonly grownMb: number;
}

/** The name under which the model is registered. */
export const NAME = "bench";

const store = (url: string, home: string): Store =>
  openStore({ url, home, checkLoad: async () => {} });

async function measured(work: () => Promise<unknown>): Promise<JobDone> {
  const beforeKb = process.memoryUsage.rss() / 1024;
  const startedAt = performance.now();
  await work();
  const seconds = (performance.now() - startedAt) / 1000;
  return { seconds, grownMb: (process.resourceUsage().maxRSS - beforeKb) / 1024 };
}

/** Connections are opened and the SDK is loaded before the clock starts. */
async function run(job: Job): Promise<JobDone> {
  if (job.kind === "import") {
    await using to = store(job.to, job.home);
    return await measured(() =>
      to.models.save(job.source, { name: NAME, version: job.version ?? "v1" }),
    );
  }
  if (job.kind === "copy") {
    await using from = store(job.from, job.home);
    await using to = store(job.to, job.home);
    await Promise.all(
      [from, to].map((each) => Array.fromAsync(each.models.list({ name: "none" }))),
    );
    const tag = { name: NAME, version: job.version };
    return await measured(() => from.copyModelTo(to, tag));
  }
  if (job.kind === "file") {
    return await measured(() => copyFile(job.path, job.to));
  }
  const client = plainClient(job.object);
  const { bucket: Bucket } = job.object;
  const { ListObjectsV2Command } = await import("@aws-sdk/client-s3");
  await client.send(new ListObjectsV2Command({ Bucket, MaxKeys: 1 }));
  return await measured(() =>
    job.kind === "plain-up"
      ? uploadPlain(client, job.object, job)
      : downloadPlain(client, job.object, job.path),
  );
}

async function copyFile(path: string, to: string): Promise<void> {
  const hash = createHash("sha256");
  await using file = await open(to, "wx");
  for await (const piece of createReadStream(path, { highWaterMark: 2 ** 20 })) {
    hash.update(piece);
    await file.writeFile(piece);
  }
  await file.sync();
}

if (import.meta.main) {
  const job: Job = JSON.parse(process.argv[2] ?? "");
  process.stdout.write(JSON.stringify(await run(job)));
}

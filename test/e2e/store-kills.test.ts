/**
 * What must hold when processes die in the middle of a change to a store, at steps spread over all that they do: on this
 * disk and on S3. And what must hold when garbage is removed while others import.
 */
import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { ListMultipartUploadsCommand, ListPartsCommand } from "@aws-sdk/client-s3";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  doJob,
  plainDriver,
  plainStore,
  type StoreJob,
  steppingDriver,
} from "../support/dying-store.ts";
import { startFaultProxy } from "../support/fault-proxy.ts";
import { onnxFile } from "../support/onnx-file.ts";
import {
  ANY_S3_SERVER,
  clientOf,
  S3_CREDENTIALS,
  type S3Server,
  startS3Server,
} from "../support/s3-server.ts";
import { type TempDir, tempDir } from "../support/temp-dir.ts";
import { skipWithout } from "../support/tools.ts";

const MIB = 2 ** 20;
const BUCKET = "models";

/** Of each operation, in a folder and on S3. */
const POINTS = 15;

/** Files of weights by their lengths: some in one request, one in two parts. */
const WEIGHTS = { "a.bin": 300_000, "b.bin": MIB, "c.bin": 10 * MIB };

/** What requests and documents may add to the bytes of files. */
const MARGIN_BYTES = 20_000;

let dir: TempDir;
let program: string;
let count = 0;

beforeAll(async () => {
  Object.assign(process.env, S3_CREDENTIALS);
  dir = await tempDir();
  program = join(dir.path, "dying-store.mjs");
  // one file: so many processes need not read all sources each
  await build({
    entryPoints: [join(import.meta.dirname, "../support/dying-store.ts")],
    outfile: program,
    bundle: true,
    platform: "node",
    format: "esm",
    conditions: ["bentokit-source"],
    external: ["onnxruntime-node"],
    banner: {
      js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
    },
    logLevel: "error",
  });
  const external = Object.fromEntries(Object.keys(WEIGHTS).map((name) => [name, name]));
  await mkdir(join(dir.path, "model"));
  await writeFile(join(dir.path, "model", "m.onnx"), onnxFile({ external }));
  for (const [index, [name, length]] of Object.entries(WEIGHTS).entries()) {
    const bytes = Buffer.alloc(length, index + 1);
    for (let from = 0; from < length; from += MIB) {
      bytes.writeUInt32LE(from, from); // so that no two parts are the same
    }
    await writeFile(join(dir.path, "model", name), bytes);
  }
});
afterAll(async () => dir[Symbol.asyncDispose]());

const stores = [
  { name: "a folder", program: undefined },
  { name: "S3", program: ANY_S3_SERVER },
] as const;

describe.each(stores)("a store in $name whose writers are killed", ({ program: s3 }) => {
  describe.skipIf(s3 !== undefined && skipWithout(s3))("at steps of all that they do", () => {
    let server: S3Server | undefined;

    beforeAll(async () => {
      server = s3 && (await startS3Server(s3));
    });
    afterAll(async () => server?.[Symbol.asyncDispose]());

    const place = async (): Promise<string> => {
      count += 1;
      const name = `store-${count}`;
      return (await server?.store(BUCKET, name)) ?? join(dir.path, name);
    };

    /** What the killed process has left, then the same work again, which sends only what is missing. */
    const checkRetry = async (job: StoreJob, at: string) => {
      await using driver = plainDriver(job.to);
      const store = plainStore(driver);
      const seen = await store.verify();
      expect(seen.damaged, at).toEqual([]);
      expect(seen.versions, at).toBeLessThanOrEqual(1);
      const there = (await bytesBelow(job.to, "blobs/")) + (await partBytes(server, job.to));
      const endpoint = job.to.startsWith("s3:") ? server?.endpoint : undefined;
      await using proxy = endpoint === undefined ? undefined : await startFaultProxy(endpoint);
      let storedBytes = 0;
      const to = job.to.replace(endpoint ?? "", proxy?.endpoint ?? "");
      await doJob({ ...job, to }, (inner) => ({
        ...inner,
        async put(key, body, options) {
          const state = await inner.put(key, body, options);
          storedBytes += state === "created" && !(body instanceof Uint8Array) ? body.size : 0;
          return state;
        },
      }));
      const missing = (await bytesBelow(job.to, "blobs/")) - there;
      expect(await store.verify(), at).toMatchObject({ versions: 1, damaged: [] });
      if (proxy === undefined) {
        expect(storedBytes, at).toBe(missing);
      } else {
        expect(proxy.sentBytes - missing, at).toBeGreaterThanOrEqual(0);
        expect(proxy.sentBytes - missing, at).toBeLessThan(MARGIN_BYTES);
      }
      await checkCollected(job.to, at);
    };

    it.each([
      ["an import", "import"],
      ["a push", "push"],
      ["a pull", "pull"],
    ])(
      "shows no half version after %s, and sends what is missing the next time",
      async (_, verb) => {
        const model = join(dir.path, "model");
        const source = verb === "pull" ? await place() : join(dir.path, `${verb}-${s3}`);
        const target = async () => {
          count += 1;
          return verb === "pull" ? join(dir.path, `pulled-${count}`) : await place();
        };
        const isImport = verb === "import";
        if (!isImport) {
          await doJob({ operation: "import", from: model, to: source });
        }
        const work = { operation: isImport ? "import" : "copy", from: isImport ? model : source };
        const job = async () => ({ ...work, to: await target() }) as StoreJob;
        await atEachPoint(await countSteps(await job()), async (killAt, at) => {
          const dying = await job();
          const end = await run({ ...dying, killAt });
          await checkRetry(dying, at);
          return end;
        });
      },
      120_000,
    );

    it("loses nothing to a collector of garbage, and wants no more of it", async () => {
      const job = async () => {
        const to = await place();
        await using driver = plainDriver(to);
        const { models } = plainStore(driver);
        await models.save(onnxFile({ producer: "kept" }), { name: "m", version: "v1" });
        for (const version of ["v2", "v3", "v4"]) {
          await models.save(onnxFile({ producer: version }), { name: "m", version });
          await models.delete({ name: "m", version });
        }
        return { operation: "gc", to } as const;
      };
      await atEachPoint(await countSteps(await job()), async (killAt, at) => {
        const dying = await job();
        const end = await run({ ...dying, killAt });
        await using driver = plainDriver(dying.to);
        const store = plainStore(driver);
        expect(await store.verify(), at).toMatchObject({ versions: 1, damaged: [] });
        await store.collectGarbage({ graceMs: 0 });
        expect(await store.verify(), at).toMatchObject({ versions: 1, damaged: [] });
        await checkCollected(dying.to, at);
        await store.models.save(onnxFile({ producer: "v2" }), { name: "m", version: "v2" });
        expect(await store.verify(), at).toMatchObject({ versions: 2, blobs: 2, damaged: [] });
        return end;
      });
    }, 120_000);

    it("keeps what is imported while garbage is removed", async () => {
      const to = await place();
      await using driver = plainDriver(to);
      const store = plainStore(driver);
      const from = join(dir.path, `wanted-${s3}`);
      await mkdir(from);
      await writeFile(join(from, "m.onnx"), onnxFile({ producer: "wanted" }));
      await doJob({ operation: "import", from, to, version: "first" });
      for (let round = 0; round < 3; round += 1) {
        for (const { manifest } of await Array.fromAsync(store.models.list({ name: "m" }))) {
          await store.models.delete(manifest); // its bytes are garbage now, and about to be used
        }
        const jobs: StoreJob[] = [
          { operation: "gc", to },
          { operation: "import", from, to, version: `v${round}` },
          { operation: "gc", to },
          { operation: "import", from, to, version: `w${round}` },
        ];
        expect(await Promise.all(jobs.map(run))).toEqual(jobs.map(() => "done"));
        expect(await store.verify()).toMatchObject({ versions: 2, blobs: 1, damaged: [] });
      }
    }, 120_000);
  });
});

async function run(job: StoreJob): Promise<"killed" | "done"> {
  const argv = [program, "--job", JSON.stringify(job)];
  return promisify(execFile)(process.execPath, argv).then(
    () => "done",
    (error: { readonly signal?: string }) => {
      if (error.signal !== "SIGKILL") {
        throw error;
      }
      return "killed";
    },
  );
}

async function countSteps(job: StoreJob): Promise<number> {
  let steps = 0;
  await doJob(job, (driver) =>
    steppingDriver(driver, () => {
      steps += 1;
    }),
  );
  return steps;
}

/**
 * One step in each of {@link POINTS} parts of them all, two at a time; the same ones in every run. A network cuts streams
 * into pieces as it likes, so that a run may be done in a few steps less than the one that was counted.
 */
async function atEachPoint(
  steps: number,
  work: (killAt: number, at: string) => Promise<"killed" | "done">,
): Promise<void> {
  const ends: string[] = [];
  const points = Array.from({ length: POINTS }, (_, index) => {
    const within = ((index * 7 + 3) % 11) / 11;
    return 1 + Math.floor(((index + within) / POINTS) * steps);
  }).values();
  const lane = async () => {
    for (const killAt of points) {
      ends.push(await work(killAt, `killed at step ${killAt} of ${steps}`));
    }
  };
  await Promise.all([lane(), lane()]);
  expect(ends).toHaveLength(POINTS);
  expect(ends.filter((end) => end === "killed").length).toBeGreaterThanOrEqual(POINTS - 2);
}

async function bytesBelow(url: string, prefix: string): Promise<number> {
  await using driver = plainDriver(url);
  const objects = await Array.fromAsync(driver.list(prefix));
  return objects.reduce((sum, { size }) => sum + size, 0);
}

/** Bytes of parts that unfinished uploads below the store have left. */
async function partBytes(server: S3Server | undefined, url: string): Promise<number> {
  if (server === undefined || !url.startsWith("s3:")) {
    return 0;
  }
  const client = clientOf(server.endpoint);
  const [, prefix = ""] = /models\/([^?]*)/.exec(url) ?? [];
  const listed = await client.send(new ListMultipartUploadsCommand({ Bucket: BUCKET }));
  let bytes = 0;
  for (const { Key, UploadId } of listed.Uploads ?? []) {
    if (Key?.startsWith(`${prefix}/`)) {
      const { Parts } = await client.send(new ListPartsCommand({ Bucket: BUCKET, Key, UploadId }));
      bytes += (Parts ?? []).reduce((sum, { Size = 0 }) => sum + Size, 0);
    }
  }
  client.destroy();
  return bytes;
}

/** A collector finds nothing to remove that was not left by the process that died, and leaves none of that. */
async function checkCollected(url: string, at: string): Promise<void> {
  await using driver = plainDriver(url);
  const later = plainStore(driver, 25 * 3_600_000);
  expect(await later.collectGarbage({ graceMs: 0 }), at).toMatchObject({ blobs: [] });
  const keys = (await Array.fromAsync(driver.list(""))).map(({ key }) => key);
  expect(
    keys.filter((key) => /^(pending|condemned)\//.test(key)),
    at,
  ).toEqual([]);
}

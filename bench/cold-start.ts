/**
 * Cold start and memory of a served bento: process start to first answer, against a bare Node that loads onnxruntime and
 * runs the same model once. Both are started in turn, and each pair gives a ratio.
 * `npm run bench:cold -- --pairs 9 --out FILE`
 *
 * @module
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { openStore } from "../model-store/open-store.ts";
import { buildBento } from "../packager/build.ts";
import { readProject } from "../packager/project.ts";
import { type Estimate, estimate } from "./http/statistics.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const MODEL = join(ROOT, "fixtures/models/iris_random_forest/model.onnx");
const ENVIRONMENT = {
  PATH: process.env["PATH"],
  PORT: "0",
  NODE_ENV: "production",
  ORT_DISABLE_TELEMETRY: "1",
  NODE_PATH: join(ROOT, "node_modules"),
};
const FLOWER = { sepal_length: 5.1, sepal_width: 3.5, petal_length: 1.4, petal_width: 0.2 };

/** What anyone who serves with onnxruntime-node has to wait for. */
const BARE = `
const { InferenceSession, Tensor } = require("onnxruntime-node");
InferenceSession.create(${JSON.stringify(MODEL)}).then(async (session) => {
  await session.run({ X: new Tensor("float32", new Float32Array([5.1, 3.5, 1.4, 0.2]), [1, 4]) });
  process.stdout.write("done");
});`;

export interface ColdStart {
  /** Process start to first answer, in milliseconds. */
  readonly servedMs: Estimate;
  readonly bareMs: Estimate;
  /** Of each pair. */
  readonly ratio: Estimate;
  /** Resident megabytes after the requests. */
  readonly residentMb: Estimate;
}

const { values } = parseArgs({
  options: { pairs: { type: "string", default: "9" }, out: { type: "string" } },
});
const work = await mkdtemp(join(tmpdir(), "bench-cold-"));
try {
  const main = await buildIris(work);
  const result = await measure(main, Number(values.pairs));
  process.stdout.write(`${JSON.stringify(result, undefined, 2)}\n`);
  if (values.out !== undefined) {
    await mkdir(dirname(values.out), { recursive: true });
    await writeFile(values.out, `${JSON.stringify(result, undefined, 2)}\n`);
  }
} finally {
  await rm(work, { recursive: true, force: true });
}

/** @returns the file that the image starts */
async function buildIris(folder: string): Promise<string> {
  const store = openStore({ home: folder, url: undefined });
  await store.models.save(MODEL, { name: "iris_classifier" });
  const project = await readProject(join(ROOT, "fixtures/iris"), ROOT);
  const { manifest } = await buildBento(project, { store, workDirectory: join(folder, "tmp") });
  const directory = await store.bentos.materialise(manifest, join(folder, "cache"));
  await store[Symbol.asyncDispose]();
  return join(directory, "src", "main.js");
}

async function measure(main: string, pairs: number): Promise<ColdStart> {
  const trials: { servedMs: number; bareMs: number; megabytes: number }[] = [];
  await startServed(main); // the files are in the system's cache from here on
  for (let pair = 0; pair < pairs; pair += 1) {
    const bareMs = await startBare();
    trials.push({ bareMs, ...(await startServed(main)) });
  }
  return {
    servedMs: estimate(trials.map(({ servedMs }) => servedMs)),
    bareMs: estimate(trials.map(({ bareMs }) => bareMs)),
    ratio: estimate(trials.map(({ servedMs, bareMs }) => servedMs / bareMs)),
    residentMb: estimate(trials.map(({ megabytes }) => megabytes)),
  };
}

async function startBare(): Promise<number> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, ["-e", BARE], { env: ENVIRONMENT, stdio: "pipe" });
  await once(child.stdout, "data");
  const tookMs = performance.now() - startedAt;
  await once(child, "close");
  return tookMs;
}

async function startServed(main: string) {
  const startedAt = performance.now();
  const child = spawn(process.execPath, [main], {
    env: ENVIRONMENT,
    stdio: ["ignore", "ignore", "pipe"],
  });
  const port = await portOf(child.stderr);
  await post(port);
  const servedMs = performance.now() - startedAt;
  for (let count = 0; count < 500; count += 1) {
    await post(port);
  }
  const status = await readFile(`/proc/${child.pid}/status`, "utf8");
  const megabytes = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
  child.kill("SIGTERM");
  await once(child, "close");
  return { servedMs, megabytes };
}

/** Reads the log until it says where the server listens; the rest is read and dropped. */
async function portOf(log: NodeJS.ReadableStream): Promise<string> {
  const found = Promise.withResolvers<string>();
  let text = "";
  log.on("data", (chunk: Buffer) => {
    if (text !== "found") {
      text += chunk.toString();
      const [, port] = /"url":"http:\/\/[^"]*:(\d+)"/.exec(text) ?? [];
      if (port !== undefined) {
        text = "found";
        found.resolve(port);
      }
    }
  });
  log.on("end", () => found.reject(new Error(`it ended before it listened: ${text}`)));
  return found.promise;
}

function post(port: string): Promise<void> {
  const body = JSON.stringify({ features: [FLOWER] });
  const headers = { "content-type": "application/json", "content-length": body.length };
  return new Promise((resolve, reject) => {
    const call = request({ port, path: "/classify", method: "POST", headers }, (answer) => {
      answer.resume();
      const fail = () => reject(new Error(`status ${answer.statusCode}`));
      answer.on("end", () => (answer.statusCode === 200 ? resolve() : fail()));
    });
    call.on("error", reject);
    call.end(body);
  });
}

import { once } from "node:events";
import { createServer } from "node:net";
import { text } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { RuntimeManifest } from "../../core/runtime-manifest.ts";
import { fixtureModel } from "../support/fixture-model.ts";
import { startService } from "../support/start-service.ts";
import { tempDir } from "../support/temp-dir.ts";

const IRIS = `
import { model, service, tensor } from "bentokit";
import * as z from "zod";
export default service({
  name: "iris",
  models: { iris: model("iris:latest") },
  env: ["GREETING"],
  onStart: ({ log }) => log.info({ greeting: process.env.GREETING }, "hello"),
  onStop: () => void process.stdout.write("stopped by hand\\n"),
  apis: ({ api }) => ({
    label: api({
      input: { x: z.array(z.number()) },
      output: z.number(),
      async run({ x }, { models }) {
        const { label } = await models.iris.run({ X: tensor("float32", [1, 4], x) });
        return Number(label.data[0]);
      },
    }),
    slow: api({
      input: {},
      output: z.string(),
      async run(_, { log }) {
        const told = new Promise((resolve) => process.once("SIGUSR2", resolve));
        log.info({}, "slow has begun");
        await told;
        return "done";
      },
    }),
  }),
});`;

const ZEROS = `sha256:${"0".repeat(64)}` as const;

async function irisRuntime(): Promise<RuntimeManifest> {
  const { path } = await fixtureModel("iris_random_forest");
  const models = { iris: { tag: "iris:v3", digest: ZEROS, path, batchable: true } };
  return { name: "iris", version: "v1", digest: ZEROS, models };
}

const post = (url: unknown, path: string, body: unknown) =>
  fetch(new URL(path, String(url)), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });

describe("start", () => {
  it("serves a bento, finishes what is at work on SIGTERM, and exits 0", async () => {
    await using dir = await tempDir();
    const runtime = await irisRuntime();
    const environment = { GREETING: "hi", BENTO_HOST: "127.0.0.1" };
    const started = await startService(dir.path, { source: IRIS, runtime, environment });
    const listening = await started.logged("listening");
    expect(listening).toMatchObject({ level: "info", bento: "iris:v1", models: ["iris"] });
    expect(await started.logged("hello")).toMatchObject({ greeting: "hi" });
    const url = listening?.["url"];
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    const answer = await post(url, "/label", { x: [6.3, 3.3, 6, 2.5] });
    expect([answer.status, await answer.json(), answer.headers.get("x-bento-models")]).toEqual([
      200,
      2,
      "iris=iris:v3",
    ]);
    let printed = "";
    started.process.stdout.on("data", (chunk) => {
      printed += String(chunk);
    });
    const slow = post(url, "/slow", {});
    await started.logged("slow has begun");
    started.process.kill("SIGTERM");
    await started.logged("draining");
    await expect(fetch(String(url))).rejects.toThrow("fetch failed");
    started.process.kill("SIGUSR2");
    expect(await (await slow).json()).toBe("done");
    expect(await started.exited).toBe(0);
    expect(printed).toBe("stopped by hand\n");
  });

  it("answers the questions that it was started with, and exits 0", async () => {
    await using dir = await tempDir();
    const questions = [
      { method: "GET", path: "/readyz" },
      { method: "POST", path: "/label", body: '{"x":[6.3,3.3,6,2.5]}' },
    ];
    const started = await startService(dir.path, {
      source: IRIS,
      runtime: await irisRuntime(),
      environment: {
        GREETING: "hi",
        BENTO_HOST: "127.0.0.1",
        BENTO_QUESTIONS: gzipSync(JSON.stringify(questions)).toString("base64"),
      },
    });
    let printed = "";
    started.process.stdout.on("data", (chunk) => {
      printed += String(chunk);
    });
    expect(await started.exited).toBe(0);
    const lines = printed.split("\n").filter((line) => line.startsWith("{"));
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { bentoAnswer: 0, status: 200, serves: "iris:v1" },
      { bentoAnswer: 1, status: 200, serves: "iris:v1", body: "2" },
    ]);
  });

  it("has written its metrics for CloudWatch when it is gone, with BENTO_METRICS=emf", async () => {
    await using dir = await tempDir();
    const environment = { GREETING: "hi", BENTO_HOST: "127.0.0.1", BENTO_METRICS: "emf" };
    const runtime = await irisRuntime();
    const started = await startService(dir.path, { source: IRIS, runtime, environment });
    const url = (await started.logged("listening"))?.["url"];
    const printed = text(started.process.stdout);
    await (await post(url, "/label", { x: [6.3, 3.3, 6, 2.5] })).text();
    started.process.kill("SIGTERM");
    expect(await started.exited).toBe(0);
    const lines = (await printed).split("\n").filter((line) => line.startsWith("{"));
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      {
        service_name: "iris",
        endpoint: "/label",
        http_response_code: "200",
        runner_name: "iris",
        bentoml_request_total: 1,
        bentoml_runner_adaptive_batch_size: 1,
        bentoml_runner_queue_rows: 0,
      },
    ]);
  });

  it("refuses to start without the variables that the service declares, and names them all", async () => {
    await using dir = await tempDir();
    const source = IRIS.replace('["GREETING"]', '["GREETING", "API_KEY"]');
    const started = await startService(dir.path, { source, runtime: await irisRuntime() });
    expect(await started.exited).toBe(2);
    expect(started.stderr()).toBe(`error: environment variable GREETING is not set
       environment variable API_KEY is not set
  at: service "iris", env
  do: set what the service declares where it runs, e.g. GREETING=… bento serve, or bento deploy --set-env GREETING=…
`);
  });

  it("names the port that is in use, and how to take another", async () => {
    await using dir = await tempDir();
    const taken = createServer();
    taken.listen(0, "0.0.0.0");
    await once(taken, "listening");
    const address = taken.address();
    const port = typeof address === "object" ? String(address?.port) : "";
    const environment = { GREETING: "hi", PORT: port, LOG_LEVEL: "silent" };
    const runtime = await irisRuntime();
    const started = await startService(dir.path, { source: IRIS, runtime, environment });
    expect(await started.exited).toBe(5);
    expect(started.stderr()).toBe(`error: port ${port} is in use by another process
  at: *:${port}
  do: find it with: lsof -i :${port}, or take another port with --port or PORT
`);
    taken.close();
  });

  it.each<[string, Partial<Record<string, string>>, string]>([
    [
      "a port that is none",
      { PORT: "80a" },
      `error: not a port: "80a"
  at: PORT
  do: set it to a whole number from 0 to 65535
`,
    ],
    [
      "an unknown log level",
      { LOG_LEVEL: "wran" },
      `error: unknown log level "wran"; did you mean warn?
  at: LOG_LEVEL
  do: set it to one of trace, debug, info, warn, error, fatal, silent
`,
    ],
  ])("refuses %s", async (_, environment, stderr) => {
    await using dir = await tempDir();
    const all = { GREETING: "hi", ...environment } as Record<string, string>;
    const started = await startService(dir.path, {
      source: IRIS,
      runtime: await irisRuntime(),
      environment: all,
    });
    expect([await started.exited, started.stderr()]).toEqual([2, stderr]);
  });

  it("says where it looked for bento.json", async () => {
    await using dir = await tempDir();
    const environment = { GREETING: "hi" };
    const started = await startService(dir.path, { source: IRIS, environment });
    expect([await started.exited, started.stderr()]).toEqual([
      5,
      `error: bento.json cannot be read
  at: ${dir.path}/bento.json
  do: run a bento that bento build has made
`,
    ]);
  });

  it("fails with the stack of what onStart throws", async () => {
    await using dir = await tempDir();
    const source = `
import { service } from "bentokit";
import * as z from "zod";
export default service({
  name: "sad",
  onStart() { throw new Error("no database"); },
  apis: ({ api }) => ({ go: api({ input: {}, output: z.number(), run: () => 1 }) }),
});`;
    const runtime = { name: "sad", version: "v1", digest: ZEROS, models: {} };
    const started = await startService(dir.path, { source, runtime });
    expect(await started.exited).toBe(1);
    expect(started.stderr()).toMatch(/^error: Error: no database\n {4}at .*service\.mts/);
  });

  it("logs an error that nobody caught, answers those at work, and exits 1", async () => {
    await using dir = await tempDir();
    const source = `
import { service } from "bentokit";
import * as z from "zod";
export default service({
  name: "careless",
  onStop: () => void process.stdout.write("stopped by hand\\n"),
  apis: ({ api }) => ({
    go: api({
      input: {},
      output: z.number(),
      async run() {
        void Promise.reject(new Error("forgotten"));
        await new Promise((resolve) => setTimeout(resolve, 50));
        return 1;
      },
    }),
  }),
});`;
    const runtime = { name: "careless", version: "v1", digest: ZEROS, models: {} };
    const environment = { BENTO_HOST: "127.0.0.1" };
    const started = await startService(dir.path, { source, runtime, environment });
    let printed = "";
    started.process.stdout.on("data", (chunk) => {
      printed += String(chunk);
    });
    const url = (await started.logged("listening"))?.["url"];
    const answer = await post(url, "/go", {});
    expect([answer.status, await answer.json()]).toEqual([200, 1]);
    expect(await started.exited).toBe(1);
    expect(printed).toBe("stopped by hand\n");
    expect(await started.logged("an error was not caught; the server stops")).toMatchObject({
      level: "error",
      err: { message: "forgotten" },
    });
  });

  it("runs onStop where the port cannot be had after onStart", async () => {
    await using dir = await tempDir();
    const taken = createServer();
    taken.listen(0, "127.0.0.1");
    await once(taken, "listening");
    const address = taken.address();
    const port = typeof address === "object" ? String(address?.port) : "";
    const environment = { GREETING: "hi", PORT: port, BENTO_HOST: "127.0.0.1" };
    const runtime = await irisRuntime();
    const started = await startService(dir.path, { source: IRIS, runtime, environment });
    let printed = "";
    started.process.stdout.on("data", (chunk) => {
      printed += String(chunk);
    });
    expect([await started.exited, printed]).toEqual([5, "stopped by hand\n"]);
    taken.close();
  });
});

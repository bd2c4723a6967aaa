import { readdir } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { processOf } from "../../adapters/local/local-process.ts";
import { freePort } from "../../adapters/local/port.ts";
import { isAlive } from "../../adapters/local/process-identity.ts";
import type { BentoManifest } from "../../core/bento-manifest.ts";
import { applyPlan } from "../../deploy/apply.ts";
import { destroyDeployment, logsOf, statusOf } from "../../deploy/lifecycle.ts";
import { createPlan, type DeployRequest } from "../../deploy/plan.ts";
import { getDeployment, listDeployments } from "../../deploy/records.ts";
import type { DeployRuntime } from "../../deploy/runtime.ts";
import { testRuntime } from "../support/deploy-runtime.ts";
import { stubBehaving, stubManifest } from "../support/stub-bento.ts";

const KEY = { platform: "local", environment: "default", name: "stub-service" };

async function deploy(
  manifest: BentoManifest,
  runtime: DeployRuntime,
  request: Partial<DeployRequest> = {},
) {
  const plan = await createPlan({ platform: "local", manifest, ...request }, runtime);
  return await applyPlan(plan, runtime);
}

async function post(url: string | undefined, x: number): Promise<unknown> {
  const response = await fetch(`${url}/double`, { method: "POST", body: JSON.stringify({ x }) });
  return await response.json();
}

describe("applyPlan on local", () => {
  it("starts a bento, verifies it, records it, and takes it away", async () => {
    await using runtime = await testRuntime();
    const manifest = await runtime.add(stubManifest());
    const applied = await deploy(manifest, runtime);
    const { url } = applied.deployment;
    expect(applied).toEqual({
      isChanged: true,
      goldenCount: 2,
      deployment: {
        schema: 1,
        ...KEY,
        at: expect.any(String),
        by: "tester",
        plan: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
        bento: {
          name: "stub_service",
          version: "v1",
          digest: expect.any(String),
          models: { iris: { tag: "iris:a1", digest: manifest.models[0]?.digest } },
        },
        outcome: "succeeded",
        verified: true,
        url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
        details: { process: expect.any(Object) },
      },
    });
    expect(await post(url, 21)).toEqual({ y: 42 });
    expect(await statusOf(KEY, runtime)).toEqual({
      state: "ready",
      summary: expect.stringMatching(/^process \d+ answers at http:/),
      url,
      serves: "stub_service:v1",
      deployment: applied.deployment,
    });
    expect(await Array.fromAsync(logsOf(KEY, runtime))).toEqual([
      "starting stub_service:v1",
      "double 2",
      "double 0.1",
      "double 21",
    ]);
    expect(await Array.fromAsync(logsOf(KEY, runtime, { tail: 1 }))).toEqual(["double 21"]);
    const destroyed = await destroyDeployment(KEY, runtime);
    expect(destroyed).toMatchObject({ outcome: "destroyed", details: {} });
    await expect(fetch(`${url}/readyz`)).rejects.toThrow("fetch failed");
    expect(await statusOf(KEY, runtime)).toEqual({
      state: "gone",
      summary: `destroyed at ${destroyed.at}`,
      deployment: destroyed,
    });
    expect(await readdir(join(runtime.home, "run", "local", "default"))).toEqual([]);
    expect(await destroyDeployment(KEY, runtime)).toEqual(destroyed);
  });

  it("tells each step with its time", async () => {
    await using runtime = await testRuntime();
    const { deployment } = await deploy(await runtime.add(stubManifest()), runtime);
    expect(runtime.events.filter((event) => event.kind === "step-end")).toEqual([
      { kind: "step-end", step: "prepare", durationMs: 1000 },
      { kind: "step-end", step: "start", durationMs: 1000, detail: deployment.url },
      { kind: "step-end", step: "ready", durationMs: 1000 },
      {
        kind: "step-end",
        step: "verify",
        durationMs: 1000,
        detail: "2 golden requests answered rightly",
      },
      { kind: "step-end", step: "traffic", durationMs: 1000 },
    ]);
  });

  it("has nothing to do the second time, and writes nothing", async () => {
    await using runtime = await testRuntime();
    const manifest = await runtime.add(stubManifest());
    const first = await deploy(manifest, runtime);
    const plan = await createPlan({ platform: "local", manifest }, runtime);
    expect(plan.actions).toEqual([
      {
        kind: "noop",
        resource: "process stub-service",
        reasons: ["it is as desired"],
        risk: "none",
      },
    ]);
    expect(await applyPlan(plan, runtime)).toEqual({
      deployment: first.deployment,
      isChanged: false,
      goldenCount: 0,
    });
    expect(await Array.fromAsync(listDeployments(runtime))).toEqual([first.deployment]);
  });

  it("replaces the old process once the new one is verified", async () => {
    await using runtime = await testRuntime();
    const first = await deploy(await runtime.add(stubManifest()), runtime);
    const second = await deploy(await runtime.add(stubManifest({ version: "v2" })), runtime);
    const old = processOf(first.deployment.details);
    expect(old && (await isAlive(old))).toBe(false);
    expect(second.deployment.url).not.toBe(first.deployment.url);
    expect(await statusOf(KEY, runtime)).toMatchObject({
      state: "ready",
      serves: "stub_service:v2",
    });
  });

  it("keeps a fixed port by stopping the old process first", async () => {
    await using runtime = await testRuntime();
    const sets = [`port=${await freePort("127.0.0.1")}`];
    const first = await deploy(await runtime.add(stubManifest()), runtime, { sets });
    const v2 = await runtime.add(stubManifest({ version: "v2" }));
    const plan = await createPlan({ platform: "local", manifest: v2, sets }, runtime);
    expect(plan.actions.map(({ kind, risk, reasons }) => ({ kind, risk, reasons }))).toEqual([
      {
        kind: "replace",
        risk: "interrupts",
        reasons: ["bento stub_service:v1 → stub_service:v2"],
      },
    ]);
    const second = await applyPlan(plan, runtime);
    expect(second.deployment.url).toBe(first.deployment.url);
    expect(await statusOf(KEY, runtime)).toMatchObject({ serves: "stub_service:v2" });
  });

  it("gives the process its settings and nothing else of the caller's environment", async () => {
    await using runtime = await testRuntime({ API_KEY: "k", STRAY: "s" });
    const manifest = await runtime.add(stubBehaving("good", { env: ["API_KEY", "LEVEL"] }));
    const { deployment } = await deploy(manifest, runtime, { variables: { LEVEL: "3" } });
    const response = await fetch(`${deployment.url}/environment`);
    expect(await response.json()).toEqual({
      PATH: expect.any(String),
      NODE_PATH: expect.stringMatching(/node_modules$/),
      ORT_DISABLE_TELEMETRY: "1",
      BEHAVIOUR: "good",
      API_KEY: "k",
      LEVEL: "3",
      BENTO_HOST: "127.0.0.1",
      PORT: deployment.url?.split(":").at(-1),
    });
    expect(JSON.stringify(deployment)).not.toMatch(/"k"/);
  });

  it("starts again what died by itself", async () => {
    await using runtime = await testRuntime();
    const manifest = await runtime.add(stubManifest());
    const first = await deploy(manifest, runtime);
    const running = processOf(first.deployment.details);
    process.kill(running?.pid ?? 0, "SIGKILL");
    await expect.poll(() => running && isAlive(running)).toBe(false);
    expect(await statusOf(KEY, runtime)).toEqual({
      state: "gone",
      summary: `process ${running?.pid} is gone`,
      deployment: first.deployment,
    });
    const plan = await createPlan({ platform: "local", manifest }, runtime);
    expect(plan.actions[0]).toMatchObject({
      kind: "create",
      reasons: [`process ${running?.pid} is gone`],
    });
    expect((await applyPlan(plan, runtime)).isChanged).toBe(true);
  });

  it("kills what does not stop when it is asked to", async () => {
    await using runtime = await testRuntime();
    const manifest = await runtime.add(stubBehaving("ignores-sigterm"));
    const { deployment } = await deploy(manifest, runtime, { sets: ["stopTimeoutSeconds=0.2"] });
    await destroyDeployment(KEY, runtime);
    const gone = processOf(deployment.details);
    expect(gone && (await isAlive(gone))).toBe(false);
  });
});

describe("applyPlan on local, when it goes wrong", () => {
  const nothing = "nothing was deployed; ";
  const startHint = "read the log, repair the service, build and deploy again";
  const answerHint = "repair the service or its golden requests, build and deploy again";

  it.each([
    {
      behaviour: "dies-at-start",
      message:
        "stub_service:v1 ended before it was ready; the end of its log:\n  starting stub_service:v1\n  Error: the model file is not there",
      hint: nothing + startHint,
    },
    {
      behaviour: "never-ready",
      message:
        "stub_service:v1 was not ready within 0.5 s; the end of its log:\n  starting stub_service:v1",
      hint: nothing + startHint,
    },
    {
      behaviour: "wrong-answer",
      message:
        "golden/double.jsonl:1: $.y: expected 4, got 6\ngolden/double.jsonl:2: $.y: expected 0.200001, got 0.30000000000000004",
      hint: nothing + answerHint,
    },
    {
      behaviour: "wrong-version",
      message: "it serves stub_service:other instead of stub_service:v1",
      hint: nothing + answerHint,
    },
  ] as const)("tells of a service that is $behaviour and leaves nothing running", async (row) => {
    await using runtime = await testRuntime();
    const manifest = await runtime.add(stubBehaving(row.behaviour));
    const sets = ["startTimeoutSeconds=0.5"];
    const failed = deploy(manifest, runtime, { sets: row.behaviour === "never-ready" ? sets : [] });
    await expect(failed).rejects.toMatchObject({
      code: "BENTO_UNHEALTHY",
      exitCode: 6,
      message: row.message,
      hint: row.hint,
    });
    const record = await getDeployment(KEY, runtime);
    expect(record).toMatchObject({ outcome: "failed", verified: false, message: row.message });
    const gone = processOf(record.details);
    expect(gone && (await isAlive(gone))).toBe(false);
    expect((await Array.fromAsync(logsOf(KEY, runtime)))[0]).toBe("starting stub_service:v1");
  });

  it("keeps the old process running when the new one fails", async () => {
    await using runtime = await testRuntime();
    const first = await deploy(await runtime.add(stubManifest()), runtime);
    const bad = await runtime.add(stubBehaving("wrong-answer", { version: "v2" }));
    await expect(deploy(bad, runtime)).rejects.toMatchObject({
      code: "BENTO_UNHEALTHY",
      hint: `rolled back: stub_service:v1 runs at ${first.deployment.url}; ${answerHint}`,
    });
    expect(await post(first.deployment.url, 4)).toEqual({ y: 8 });
    expect(await getDeployment(KEY, runtime)).toMatchObject({
      outcome: "rolled-back",
      bento: { version: "v2" },
      url: first.deployment.url,
      details: first.deployment.details,
    });
    const plan = await createPlan({ platform: "local", manifest: stubManifest() }, runtime);
    expect(plan.actions[0]?.kind).toBe("noop");
  });

  it("starts the old process again where it had to stop first", async () => {
    await using runtime = await testRuntime();
    const sets = [`port=${await freePort("127.0.0.1")}`];
    const first = await deploy(await runtime.add(stubManifest()), runtime, { sets });
    const bad = await runtime.add(stubBehaving("dies-at-start", { version: "v2" }));
    await expect(deploy(bad, runtime, { sets })).rejects.toMatchObject({
      hint: `rolled back: stub_service:v1 runs at ${first.deployment.url}; ${startHint}`,
    });
    expect(await post(first.deployment.url, 4)).toEqual({ y: 8 });
    expect(await statusOf(KEY, runtime)).toMatchObject({
      state: "ready",
      serves: "stub_service:v1",
    });
  });

  it("names a port that is in use", async () => {
    await using runtime = await testRuntime();
    const server = createServer().listen(0, "127.0.0.1");
    await expect.poll(() => server.listening).toBe(true);
    const address = server.address();
    const port = typeof address === "object" ? address?.port : 0;
    const manifest = await runtime.add(stubManifest());
    await expect(deploy(manifest, runtime, { sets: [`port=${port}`] })).rejects.toMatchObject({
      code: "BENTO_IO",
      exitCode: 5,
      message: `port ${port} is in use`,
      where: `127.0.0.1:${port}`,
      hint: "nothing was deployed; stop what listens there, give another with --set port=…, or leave it out for a free one",
    });
    server.close();
  });

  it("takes the new process away when the user interrupts", async () => {
    await using runtime = await testRuntime();
    const manifest = await runtime.add(stubBehaving("never-ready"));
    const plan = await createPlan({ platform: "local", manifest }, runtime);
    const abort = new AbortController();
    const onProgress: NonNullable<DeployRuntime["onProgress"]> = (event) => {
      if (event.kind === "step-start" && event.step === "ready") {
        abort.abort(new Error("interrupted"));
      }
    };
    const interrupted = applyPlan(plan, { ...runtime, onProgress, signal: abort.signal });
    await expect(interrupted).rejects.toThrow("interrupted");
    const record = await getDeployment(KEY, runtime);
    expect(record).toMatchObject({ outcome: "failed", message: "interrupted" });
    const gone = processOf(record.details);
    expect(gone && (await isAlive(gone))).toBe(false);
  });

  it("refuses a plan made before something changed", async () => {
    await using runtime = await testRuntime();
    const manifest = await runtime.add(stubManifest());
    const plan = await createPlan({ platform: "local", manifest }, runtime);
    const { deployment } = await applyPlan(plan, runtime);
    const running = processOf(deployment.details);
    await expect(applyPlan(plan, runtime)).rejects.toMatchObject({
      code: "BENTO_STALE_PLAN",
      exitCode: 4,
      message: `what the plan was made from has changed:\n  basis.pid: null → ${running?.pid}\n  actions[0]: "create process stub-service" → "noop process stub-service"`,
      where: "deployment stub-service on local, environment default",
      hint: "make the plan again and look at it",
    });
  });
});

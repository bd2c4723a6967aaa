import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { processOf } from "../../adapters/local/local-process.ts";
import { freePort } from "../../adapters/local/port.ts";
import { rememberedProcesses, rememberProcess } from "../../adapters/local/process-files.ts";
import { isAlive } from "../../adapters/local/process-identity.ts";
import { startProcess } from "../../adapters/local/start.ts";
import { bentoDigest } from "../../core/bento-manifest.ts";
import { formatPlan, Plan, planDigest } from "../../core/plan.ts";
import { applyPlan } from "../../deploy/apply.ts";
import { destroyDeployment, logsOf, statusOf } from "../../deploy/lifecycle.ts";
import { createPlan } from "../../deploy/plan.ts";
import { listDeployments } from "../../deploy/records.ts";
import { deployOn, postDouble, STUB_KEY, testRuntime } from "../support/deploy-runtime.ts";
import { stubBehaving, stubManifest } from "../support/stub-bento.ts";

describe("applyPlan on local", () => {
  it("starts a bento, verifies it, records it, and takes it away", async () => {
    await using runtime = await testRuntime();
    const manifest = await runtime.add(stubManifest());
    const applied = await deployOn(manifest, runtime);
    const { url } = applied.deployment;
    expect(applied).toEqual({
      isChanged: true,
      goldenCount: 2,
      deployment: {
        schema: 1,
        ...STUB_KEY,
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
    expect(await postDouble(url, 21)).toEqual({ y: 42 });
    expect(await statusOf(STUB_KEY, runtime)).toEqual({
      state: "ready",
      summary: expect.stringMatching(/^process \d+ answers at http:/),
      url,
      serves: "stub_service:v1",
      deployment: applied.deployment,
    });
    expect(await Array.fromAsync(logsOf(STUB_KEY, runtime))).toEqual([
      "starting stub_service:v1",
      "double 2",
      "double 0.1",
      "double 21",
    ]);
    expect(await Array.fromAsync(logsOf(STUB_KEY, runtime, { tail: 1 }))).toEqual(["double 21"]);
    const destroyed = await destroyDeployment(STUB_KEY, runtime);
    expect(destroyed).toMatchObject({ outcome: "destroyed", details: {} });
    await expect(fetch(`${url}/readyz`)).rejects.toThrow("fetch failed");
    expect(await statusOf(STUB_KEY, runtime)).toEqual({
      state: "gone",
      summary: `destroyed at ${destroyed?.at}`,
      deployment: destroyed,
    });
    expect(await readdir(join(runtime.home, "run", "local", "default"))).toEqual([]);
    expect(await destroyDeployment(STUB_KEY, runtime)).toEqual(destroyed);
  });

  it("tells each step with its time", async () => {
    await using runtime = await testRuntime();
    const { deployment } = await deployOn(await runtime.add(stubManifest()), runtime);
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
    const first = await deployOn(manifest, runtime);
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
    const first = await deployOn(await runtime.add(stubManifest()), runtime);
    const second = await deployOn(await runtime.add(stubManifest({ version: "v2" })), runtime);
    const old = processOf(first.deployment.details);
    expect(old && (await isAlive(old))).toBe(false);
    expect(second.deployment.url).not.toBe(first.deployment.url);
    expect(await statusOf(STUB_KEY, runtime)).toMatchObject({
      state: "ready",
      serves: "stub_service:v2",
    });
  });

  it("keeps a fixed port by stopping the old process first", async () => {
    await using runtime = await testRuntime();
    const sets = [`port=${await freePort("127.0.0.1")}`];
    const first = await deployOn(await runtime.add(stubManifest()), runtime, { sets });
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
    expect(await statusOf(STUB_KEY, runtime)).toMatchObject({ serves: "stub_service:v2" });
  });

  it("gives the process its settings and nothing else of the caller's environment", async () => {
    await using runtime = await testRuntime({ API_KEY: "k", STRAY: "s" });
    const manifest = await runtime.add(stubBehaving("good", { env: ["API_KEY", "LEVEL"] }));
    const { deployment } = await deployOn(manifest, runtime, { variables: { LEVEL: "3" } });
    const response = await fetch(`${deployment.url}/environment`);
    expect(await response.json()).toEqual({
      PATH: expect.any(String),
      NODE_PATH: expect.stringMatching(/node_modules$/),
      ORT_DISABLE_TELEMETRY: "1",
      BEHAVIOUR: "good",
      API_KEY: "k",
      LEVEL: "3",
      BENTO_HOST: "127.0.0.1",
      NODE_ENV: "production",
      PORT: deployment.url?.split(":").at(-1),
    });
    expect(JSON.stringify(deployment)).not.toMatch(/"k"/);
  });

  it("starts again what died by itself", async () => {
    await using runtime = await testRuntime();
    const manifest = await runtime.add(stubManifest());
    const first = await deployOn(manifest, runtime);
    const running = processOf(first.deployment.details);
    process.kill(running?.pid ?? 0, "SIGKILL");
    await expect.poll(() => running && isAlive(running)).toBe(false);
    expect(await statusOf(STUB_KEY, runtime)).toEqual({
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
    const { deployment } = await deployOn(manifest, runtime, { sets: ["stopTimeoutSeconds=0.2"] });
    await destroyDeployment(STUB_KEY, runtime);
    const gone = processOf(deployment.details);
    expect(gone && (await isAlive(gone))).toBe(false);
  });

  it("applies a plan that was written to a file and read again", async () => {
    await using runtime = await testRuntime();
    const manifest = await runtime.add(stubManifest());
    const plan = await createPlan(
      { platform: "local", manifest, variables: { LEVEL: "3" }, environment: "prod" },
      runtime,
    );
    const { deployment } = await applyPlan(Plan.parse(JSON.parse(formatPlan(plan))), runtime);
    expect(deployment).toMatchObject({ plan: planDigest(plan), environment: "prod" });
  });

  it("records when the golden requests were not sent", async () => {
    await using runtime = await testRuntime();
    const manifest = await runtime.add(stubBehaving("wrong-answer"));
    const plan = await createPlan({ platform: "local", manifest }, runtime);
    const applied = await applyPlan(plan, runtime, { verify: false });
    expect(applied).toMatchObject({ goldenCount: 0, deployment: { verified: false } });
  });

  it("stops what a deploy that was killed half-way left running", async () => {
    await using runtime = await testRuntime();
    const manifest = await runtime.add(stubManifest());
    const folder = join(runtime.home, "run", "local", "default", "stub-service");
    const left = await startProcess(
      {
        engine: "process",
        ...{ host: "127.0.0.1", port: await freePort("127.0.0.1"), variables: {}, inherited: [] },
        bento: { tag: "stub_service:v1", digest: bentoDigest(manifest) },
        directory: await runtime.store.bentos.materialise(manifest, runtime.home),
        log: join(folder, "left.log"),
        stopTimeoutSeconds: 5,
      },
      {},
    );
    await rememberProcess(folder, left);
    const { deployment } = await deployOn(manifest, runtime);
    expect(await isAlive(left)).toBe(false);
    expect(await rememberedProcesses(folder)).toEqual([processOf(deployment.details)]);
  });
});

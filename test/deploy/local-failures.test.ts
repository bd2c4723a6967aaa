import { rmSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { processOf } from "../../adapters/local/local-process.ts";
import { freePort } from "../../adapters/local/port.ts";
import { rememberedProcesses } from "../../adapters/local/process-files.ts";
import { isAlive } from "../../adapters/local/process-identity.ts";
import { applyPlan } from "../../deploy/apply.ts";
import { destroyDeployment, logsOf, statusOf } from "../../deploy/lifecycle.ts";
import { createPlan } from "../../deploy/plan.ts";
import { getDeployment } from "../../deploy/records.ts";
import type { DeployRuntime } from "../../deploy/runtime.ts";
import { deployOn, postDouble, STUB_KEY, testRuntime } from "../support/deploy-runtime.ts";
import { stubBehaving, stubManifest } from "../support/stub-bento.ts";

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
    const failed = deployOn(manifest, runtime, {
      sets: row.behaviour === "never-ready" ? sets : [],
    });
    await expect(failed).rejects.toMatchObject({
      code: "BENTO_UNHEALTHY",
      exitCode: 6,
      message: row.message,
      hint: row.hint,
    });
    const record = await getDeployment(STUB_KEY, runtime);
    expect(record).toMatchObject({ outcome: "failed", verified: false, message: row.message });
    const gone = processOf(record.details);
    expect(gone && (await isAlive(gone))).toBe(false);
    expect((await Array.fromAsync(logsOf(STUB_KEY, runtime)))[0]).toBe("starting stub_service:v1");
  });

  it("keeps the old process running when the new one fails", async () => {
    await using runtime = await testRuntime();
    const first = await deployOn(await runtime.add(stubManifest()), runtime);
    const bad = await runtime.add(stubBehaving("wrong-answer", { version: "v2" }));
    await expect(deployOn(bad, runtime)).rejects.toMatchObject({
      code: "BENTO_UNHEALTHY",
      hint: `rolled back: stub_service:v1 runs at ${first.deployment.url}; ${answerHint}`,
    });
    expect(await postDouble(first.deployment.url, 4)).toEqual({ y: 8 });
    expect(await getDeployment(STUB_KEY, runtime)).toMatchObject({
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
    const first = await deployOn(await runtime.add(stubManifest()), runtime, { sets });
    const bad = await runtime.add(stubBehaving("dies-at-start", { version: "v2" }));
    await expect(deployOn(bad, runtime, { sets })).rejects.toMatchObject({
      hint: `rolled back: stub_service:v1 runs at ${first.deployment.url}; ${startHint}`,
    });
    expect(await postDouble(first.deployment.url, 4)).toEqual({ y: 8 });
    expect(await statusOf(STUB_KEY, runtime)).toMatchObject({
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
    await expect(deployOn(manifest, runtime, { sets: [`port=${port}`] })).rejects.toMatchObject({
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
    const record = await getDeployment(STUB_KEY, runtime);
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

  it("says so when the old process does not come back", async () => {
    await using runtime = await testRuntime();
    const sets = [`port=${await freePort("127.0.0.1")}`];
    const v1 = await runtime.add(stubManifest());
    await deployOn(v1, runtime, { sets });
    const bad = await runtime.add(stubBehaving("dies-at-start", { version: "v2" }));
    const directory = await runtime.store.bentos.materialise(v1, runtime.home);
    await writeFile(join(directory, "src", "main.js"), "process.exit(1)");
    await expect(deployOn(bad, runtime, { sets })).rejects.toMatchObject({
      code: "BENTO_ROLLBACK_FAILED",
      exitCode: 8,
      message: [
        "stub_service:v2 ended before it was ready; the end of its log:",
        "  starting stub_service:v2",
        "  Error: the model file is not there",
        "and the roll back failed: stub_service:v1 ended before it was ready; the end of its log:",
        "  starting stub_service:v1",
        "  double 2",
        "  double 0.1",
      ].join("\n"),
      where: "deployment stub-service",
      hint: "look at it: bento deployment status stub-service --platform local; then deploy a version that works",
    });
    expect(await getDeployment(STUB_KEY, runtime)).toMatchObject({ outcome: "failed" });
    expect(await statusOf(STUB_KEY, runtime)).toMatchObject({ state: "gone" });
  });

  it("lets one of two deploys at once through, and tells the other who is at it", async () => {
    await using runtime = await testRuntime();
    const manifest = await runtime.add(stubManifest());
    const plan = await createPlan({ platform: "local", manifest }, runtime);
    const outcomes = await Promise.allSettled([applyPlan(plan, runtime), applyPlan(plan, runtime)]);
    const [done] = outcomes.filter((outcome) => outcome.status === "fulfilled");
    const [refused] = outcomes.filter((outcome) => outcome.status === "rejected");
    expect(refused?.reason).toMatchObject({
      code: "BENTO_CONFLICT",
      exitCode: 4,
      message: expect.stringMatching(
        `^process ${process.pid} is at it: deploy stub_service:v1, since 2026-.+ by tester$`,
      ),
    });
    expect(await postDouble(done?.value.deployment.url, 2)).toEqual({ y: 4 });
    expect(await getDeployment(STUB_KEY, runtime)).toEqual(done?.value.deployment);
  });

  it("does not destroy what is being deployed", async () => {
    await using runtime = await testRuntime();
    const plan = await createPlan(
      { platform: "local", manifest: await runtime.add(stubManifest()) },
      runtime,
    );
    const refused: Promise<unknown>[] = [];
    const onProgress: NonNullable<DeployRuntime["onProgress"]> = (event) => {
      if (event.kind === "step-start" && event.step === "verify") {
        refused.push(destroyDeployment(STUB_KEY, runtime).catch((error: unknown) => error));
      }
    };
    // the deploy does not end before the other has been told
    const { deployments } = runtime.store;
    const append: typeof deployments.append = async (record, options) => {
      await Promise.all(refused);
      return deployments.append(record, options);
    };
    const store = { ...runtime.store, deployments: { ...deployments, append } };
    await applyPlan(plan, { ...runtime, store, onProgress });
    expect(await Promise.all(refused)).toMatchObject([{ code: "BENTO_CONFLICT" }]);
    expect(await statusOf(STUB_KEY, runtime)).toMatchObject({ state: "ready" });
  });

  it("finds what a first deploy that was killed half-way has left", async () => {
    await using runtime = await testRuntime();
    const manifest = await runtime.add(stubManifest());
    const plan = await createPlan({ platform: "local", manifest }, runtime);
    const killed = Promise.withResolvers<never>();
    const onProgress: NonNullable<DeployRuntime["onProgress"]> = (event) => {
      if (event.kind === "step-start" && event.step === "verify") {
        killed.reject(new Error("killed"));
      }
    };
    // it never comes back from here, as if the process had ended: nothing is rolled back or recorded
    const { deployments } = runtime.store;
    const append: typeof deployments.append = (record, options) =>
      record.outcome === "started" ? deployments.append(record, options) : new Promise(() => {});
    const store = { ...runtime.store, deployments: { ...deployments, append } };
    const deploy = applyPlan(plan, { ...runtime, store, onProgress });
    await expect(Promise.race([deploy, killed.promise])).rejects.toThrow("killed");
    await rm(join(runtime.home, "run", "locks"), { recursive: true });
    expect(await statusOf(STUB_KEY, runtime)).toEqual({
      state: "not-ready",
      summary: expect.stringMatching(
        /^process \d+ runs at http:\S+, of a deploy that has not ended$/,
      ),
      deployment: expect.objectContaining({ outcome: "started", details: {} }),
    });
    const [line] = await Array.fromAsync(logsOf(STUB_KEY, runtime));
    expect(line).toBe("starting stub_service:v1");
    const folder = join(runtime.home, "run", "local", "default", "stub-service");
    const [left] = await rememberedProcesses(folder);
    expect(await destroyDeployment(STUB_KEY, runtime)).toMatchObject({ outcome: "destroyed" });
    expect(left && (await isAlive(left))).toBe(false);
  });

  it("starts nothing with the mark of a secret in place of its value", async () => {
    await using runtime = await testRuntime();
    const sets = [`port=${await freePort("127.0.0.1")}`];
    const variables = { API_TOKEN: "t", LEVEL: "3" };
    await deployOn(await runtime.add(stubManifest()), runtime, { sets, variables });
    const bad = await runtime.add(stubBehaving("dies-at-start", { version: "v2" }));
    await expect(deployOn(bad, runtime, { sets, variables })).rejects.toMatchObject({
      code: "BENTO_UNHEALTHY",
    });
    const folder = join(runtime.home, "run", "local", "default", "stub-service");
    const [running] = await rememberedProcesses(folder);
    expect(running?.variables).toEqual(variables);
    const onProgress: NonNullable<DeployRuntime["onProgress"]> = (event) => {
      if (event.kind === "step-start" && event.step === "start") {
        rmSync(folder, { recursive: true });
      }
    };
    const losing = deployOn(bad, { ...runtime, onProgress }, { sets, variables });
    await expect(losing).rejects.toMatchObject({ code: "BENTO_ROLLBACK_FAILED" });
    expect(await getDeployment(STUB_KEY, runtime)).toMatchObject({
      message: expect.stringContaining("nothing has the values of API_TOKEN any more"),
    });
  });
});

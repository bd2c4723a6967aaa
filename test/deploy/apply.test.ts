import { describe, expect, it } from "vitest";
import { BentoError } from "../../core/bento-error.ts";
import { digestOf } from "../../core/digest.ts";
import type { PlannedBento } from "../../core/plan.ts";
import { askedAliases } from "../../deploy/aliases.ts";
import { applyPlan } from "../../deploy/apply.ts";
import { destroyDeployment, logsOf, statusOf } from "../../deploy/lifecycle.ts";
import { createPlan, type DeployRequest } from "../../deploy/plan.ts";
import { getDeployment, historyOf } from "../../deploy/records.ts";
import type { DeployRuntime } from "../../deploy/runtime.ts";
import { type TestRuntime, testRuntime } from "../support/deploy-runtime.ts";
import {
  SCRIPTED,
  SCRIPTED_KEY,
  type ScriptedPlatform,
  scriptedPlatform,
} from "../support/scripted-platform.ts";
import { stubManifest } from "../support/stub-bento.ts";

async function onScripted(
  platform: ScriptedPlatform,
  overrides: Partial<DeployRuntime> = {},
): Promise<TestRuntime> {
  return await testRuntime({}, { loadAdapter: async () => platform.adapter, ...overrides });
}

async function deployVersion(
  runtime: TestRuntime,
  version: string,
  request: Partial<DeployRequest> = {},
) {
  const manifest = request.manifest ?? (await runtime.add(stubManifest({ version })));
  const plan = await createPlan({ platform: SCRIPTED, manifest, ...request }, runtime);
  return await applyPlan(plan, runtime);
}

describe("applyPlan", () => {
  it("gives the adapter its options wherever it asks", async () => {
    const platform = scriptedPlatform();
    await using runtime = await onScripted(platform);
    await deployVersion(runtime, "v1", { sets: ["region=there"] });
    expect(platform.seen.context?.options).toEqual({ region: "there" });
  });

  it.each([
    ["BENTO_PLATFORM", 5],
    ["BENTO_UNHEALTHY", 6],
    ["BENTO_MISSING_PEER", 2],
    ["BENTO_CONFLICT", 4],
  ] as const)("keeps the code of what went wrong on the platform: %s", async (code, exitCode) => {
    const platform = scriptedPlatform();
    await using runtime = await onScripted(platform);
    await deployVersion(runtime, "v1");
    platform.script.apply = () => {
      throw new BentoError(code, "the platform said no", { where: "there", hint: "ask again" });
    };
    await expect(deployVersion(runtime, "v2")).rejects.toMatchObject({
      ...{ code, exitCode, message: "the platform said no", where: "there" },
      hint: "rolled back: stub_service:v1 runs at https://service.test; ask again",
    });
  });

  it("finds what a first deploy that failed has left, for whoever looks after it", async () => {
    const platform = scriptedPlatform();
    await using runtime = await onScripted(platform);
    platform.script.apply = () => {
      platform.versions.push({ id: "1", bento: "stub_service:v1", percent: 0 });
      throw new BentoError("BENTO_UNHEALTHY", "the stack failed");
    };
    await expect(deployVersion(runtime, "v1")).rejects.toMatchObject({ exitCode: 6 });
    delete platform.script.apply;
    expect(await getDeployment(SCRIPTED_KEY, runtime)).toMatchObject({
      outcome: "failed",
      details: { service: "arn:service" },
      message: "the stack failed",
    });
    expect(await Array.fromAsync(logsOf(SCRIPTED_KEY, runtime))).toEqual([
      'log of stub-service: {"service":"arn:service"}',
    ]);
  });

  it("says 8 where the way back fails too, and keeps what is left", async () => {
    const platform = scriptedPlatform();
    await using runtime = await onScripted(platform);
    await deployVersion(runtime, "v1");
    const fail = () => {
      throw new BentoError("BENTO_PLATFORM", "throttled");
    };
    Object.assign(platform.script, { verify: fail, rollBack: fail });
    await expect(deployVersion(runtime, "v2")).rejects.toMatchObject({
      exitCode: 8,
      message: "throttled\nand the roll back failed: throttled",
      hint: "look at it: bento deployment status stub-service --platform scripted; then deploy a version that works",
    });
    expect((await getDeployment(SCRIPTED_KEY, runtime)).details).toEqual({
      service: "arn:service",
    });
  });

  it("goes back when it is interrupted, and tells how to go on", async () => {
    const platform = scriptedPlatform();
    const controller = new AbortController();
    await using runtime = await onScripted(platform, { signal: controller.signal });
    await deployVersion(runtime, "v1", { environment: "prod", name: "shop" });
    platform.script.verify = () => controller.abort(new Error("interrupted"));
    const deploying = deployVersion(runtime, "v2", {
      ...{ environment: "prod", name: "shop", canary: 10 },
    });
    await expect(deploying).rejects.toMatchObject({
      code: "BENTO_INTERRUPTED",
      exitCode: 130,
      where: "deployment shop on scripted, environment prod",
      hint: "rolled back: stub_service:v1 runs at https://service.test; go on with the same options: bento deploy stub_service:v2 --platform scripted --env prod --name shop --canary 10",
    });
    expect(platform.versions.map(({ percent }) => percent)).toEqual([100, 0]);
  });

  it("records what stands as planned where no record tells of it", async () => {
    const platform = scriptedPlatform();
    await using runtime = await onScripted(platform);
    platform.versions.push({ id: "1", bento: "stub_service:v1", percent: 100 });
    const found = await deployVersion(runtime, "v1");
    expect(found).toMatchObject({
      isChanged: false,
      deployment: {
        outcome: "succeeded",
        verified: false,
        details: { service: "arn:service" },
        message: "it stood already, and no record told of it",
      },
    });
    expect((await deployVersion(runtime, "v1")).deployment).toEqual(found.deployment);
    // a deploy that was killed once its version had the traffic
    platform.versions.push({ id: "2", bento: "stub_service:v2", percent: 100 });
    expect((await deployVersion(runtime, "v2")).deployment.bento.version).toBe("v2");
    expect((await Array.fromAsync(historyOf(SCRIPTED_KEY, runtime))).length).toBe(2);
  });
});

describe("a deployment without records", () => {
  it("is asked for, looked at and destroyed by what the platform finds", async () => {
    const platform = scriptedPlatform();
    await using runtime = await onScripted(platform);
    platform.versions.push({ id: "1", bento: "stub_service:v1", percent: 100 });
    expect(await statusOf(SCRIPTED_KEY, runtime)).toEqual({
      ...{ state: "ready", summary: "in memory", url: "https://service.test" },
      deployment: undefined,
    });
    expect(await destroyDeployment(SCRIPTED_KEY, runtime)).toBeUndefined();
    await expect(statusOf(SCRIPTED_KEY, runtime)).rejects.toMatchObject({
      code: "BENTO_NOT_FOUND",
    });
  });
});

describe("secrets", () => {
  const secrets = { API_KEY: "arn:aws:secretsmanager:key" };
  const manifest = stubManifest({ env: ["API_KEY"] });

  it("are references in the plan, and set what the bento declares", async () => {
    await using runtime = await onScripted(scriptedPlatform());
    const plan = await createPlan({ platform: SCRIPTED, manifest, secrets }, runtime);
    expect(plan).toMatchObject({ secrets, variables: {} });
    await runtime.add(manifest);
    expect((await applyPlan(plan, runtime)).isChanged).toBe(true);
  });

  const misuse: [Partial<DeployRequest>, string][] = [
    [{ variables: { API_KEY: "k" } }, "API_KEY is given in clear and as a secret"],
    [{ platform: "local" }, "local takes no secrets by reference"],
  ];

  it.each(misuse)("are refused with %j", async (request, message) => {
    await using runtime = await testRuntime();
    const platform = scriptedPlatform();
    const loadAdapter = request.platform === "local" ? undefined : async () => platform.adapter;
    const plan = createPlan(
      { platform: SCRIPTED, manifest, secrets, ...request },
      { ...runtime, loadAdapter },
    );
    await expect(plan).rejects.toMatchObject({ exitCode: 2, message });
  });
});

describe("a model that was asked for by an alias", () => {
  const [model] = stubManifest().models;
  const pinned = (asked: string) =>
    stubManifest({ models: model === undefined ? [] : [{ ...model, asked }] });
  const store = { aliases: async () => ({ production: "b2" }) };

  it("is told when the alias has moved since", async () => {
    await using runtime = await onScripted(scriptedPlatform());
    const told: string[] = [];
    const listening: DeployRuntime = {
      ...runtime,
      store: { ...runtime.store, models: store },
      onProgress: (event) => event.kind === "notice" && told.push(event.message),
    };
    for (const asked of ["iris:production", "iris:latest", "iris:a1", "./iris.onnx", "iris:a"]) {
      await createPlan({ platform: SCRIPTED, manifest: pinned(asked) }, listening);
    }
    expect(told).toEqual([
      "iris:production means b2 now, the bento has a1; deploy that with --model iris=iris:production",
    ]);
  });

  it("keeps the alias in plan and record", async () => {
    await using runtime = await onScripted(scriptedPlatform());
    const manifest = await runtime.add(pinned("iris:a1"));
    const asked = { iris: "iris:production" };
    const { deployment } = await deployVersion(runtime, "v1", { manifest, asked });
    expect(deployment.bento.models["iris"]).toEqual({
      ...{ tag: "iris:a1", digest: digestOf("iris a1"), asked: "iris:production" },
    });
    const bento: PlannedBento = deployment.bento;
    expect(await askedAliases(bento, store)).toEqual([
      { key: "iris", name: "iris", alias: "production", version: "a1", means: "b2" },
    ]);
  });
});

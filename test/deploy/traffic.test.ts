import { describe, expect, it } from "vitest";
import type { Deployment } from "../../core/deployment.ts";
import { formatTag } from "../../core/tag.ts";
import { applyPlan } from "../../deploy/apply.ts";
import { createPlan, type DeployRequest } from "../../deploy/plan.ts";
import { historyOf } from "../../deploy/records.ts";
import { shiftTraffic, versionsOf } from "../../deploy/traffic.ts";
import { STUB_KEY, type TestRuntime, testRuntime } from "../support/deploy-runtime.ts";
import {
  SCRIPTED,
  SCRIPTED_KEY,
  type ScriptedPlatform,
  scriptedPlatform,
} from "../support/scripted-platform.ts";
import { stubManifest } from "../support/stub-bento.ts";

async function onScripted(platform: ScriptedPlatform = scriptedPlatform()): Promise<TestRuntime> {
  return await testRuntime({}, { loadAdapter: async () => platform.adapter });
}

async function deployVersion(
  runtime: TestRuntime,
  version: string,
  request: Partial<DeployRequest> = {},
) {
  const manifest = await runtime.add(stubManifest({ version }));
  return await applyPlan(
    await createPlan({ platform: SCRIPTED, manifest, ...request }, runtime),
    runtime,
  );
}

/** What people look for in a history. */
async function story(runtime: TestRuntime) {
  const records: Deployment[] = await Array.fromAsync(historyOf(SCRIPTED_KEY, runtime));
  return records.map(({ bento, outcome, change, canary }) =>
    [formatTag(bento), outcome, change, canary].filter((part) => part !== undefined).join(" "),
  );
}

describe("a canary", () => {
  it("goes from plan to record, shifts, and is completed", async () => {
    const platform = scriptedPlatform();
    await using runtime = await onScripted(platform);
    await deployVersion(runtime, "v1");
    const { deployment } = await deployVersion(runtime, "v2", { canary: 10 });
    expect(deployment).toMatchObject({ outcome: "succeeded", canary: 10 });
    expect(await versionsOf(SCRIPTED_KEY, runtime)).toEqual([
      { id: "2", bento: "stub_service:v2", percent: 10 },
      { id: "1", bento: "stub_service:v1", percent: 90 },
    ]);
    const shifted = await shiftTraffic(SCRIPTED_KEY, { kind: "weight", percent: 60 }, runtime);
    expect(shifted.versions.map(({ percent }) => percent)).toEqual([60, 40]);
    expect(shifted.deployment).toEqual({
      ...deployment,
      at: expect.any(String),
      change: "traffic",
      canary: 60,
    });
    const { deployment: whole } = await shiftTraffic(SCRIPTED_KEY, { kind: "complete" }, runtime);
    const { canary: _canary, ...rest } = deployment;
    expect(whole).toEqual({ ...rest, at: expect.any(String), change: "complete" });
    expect(await story(runtime)).toEqual([
      "stub_service:v2 succeeded complete",
      "stub_service:v2 succeeded traffic 60",
      "stub_service:v2 succeeded 10",
      "stub_service:v1 succeeded",
      "stub_service:v1 started",
    ]);
  });

  it("is aborted: what had the traffic has it again, and is what runs", async () => {
    await using runtime = await onScripted();
    await deployVersion(runtime, "v1");
    await deployVersion(runtime, "v2", { canary: 10 });
    const { deployment, versions } = await shiftTraffic(SCRIPTED_KEY, { kind: "abort" }, runtime);
    expect(versions.map(({ bento }) => bento)).toEqual(["stub_service:v1"]);
    expect(deployment).toMatchObject({ bento: { version: "v1" }, change: "abort" });
    expect(await runtime.store.deployments.running(SCRIPTED_KEY)).toEqual(deployment);
  });

  it("keeps another bento from being deployed, and lets its own go on", async () => {
    const platform = scriptedPlatform();
    await using runtime = await onScripted(platform);
    await deployVersion(runtime, "v1");
    await deployVersion(runtime, "v2", { canary: 10 });
    await expect(deployVersion(runtime, "v3")).rejects.toMatchObject({
      code: "BENTO_CONFLICT",
      message: expect.stringMatching(
        /^stub_service:v2 has 10 % of the traffic since .*: a deploy of stub_service:v3 has to wait for its end$/,
      ),
      where: "deployment stub-service on scripted, environment default",
      hint: "give it all traffic: bento deployment complete stub-service --platform scripted, or none: bento deployment abort stub-service --platform scripted; then deploy again",
    });
    const { deployment } = await deployVersion(runtime, "v2");
    expect(deployment.canary).toBeUndefined();
    await deployVersion(runtime, "v3", { canary: 5 });
    for (const version of platform.versions) {
      version.percent = version.bento === "stub_service:v3" ? 100 : 0;
    }
    await deployVersion(runtime, "v4"); // it was ended by other means
  });

  it.each([0, 100, 12.5, -1, Number.NaN])("is a share from 1 to 99, not %d", async (percent) => {
    await using runtime = await onScripted();
    const code = "BENTO_USAGE";
    await expect(deployVersion(runtime, "v1", { canary: percent })).rejects.toMatchObject({
      code,
      message: `expected --canary with 1 to 99 per cent, got ${percent}`,
    });
    const shift = shiftTraffic(SCRIPTED_KEY, { kind: "weight", percent }, runtime);
    await expect(shift).rejects.toMatchObject({ code });
  });
});

describe("shiftTraffic", () => {
  it("tells what to do where a platform cannot", async () => {
    await using runtime = await testRuntime();
    const platform = scriptedPlatform();
    platform.versions.push({ id: "1", bento: "stub_service:v1", percent: 100 });
    const { rollout } = platform.adapter;
    if (rollout === undefined) {
      throw new Error("it has one");
    }
    const { shift: _shift, versions: _versions, ...bare } = rollout;
    const adapter = {
      ...platform.adapter,
      rollout: bare,
      capabilities: {
        ...platform.adapter.capabilities,
        canary: { missing: "it has one version", instead: "leave --canary out" },
      },
    };
    const poor = { ...runtime, loadAdapter: async () => adapter };
    const error = {
      code: "BENTO_UNSUPPORTED",
      message: "it has one version",
      where: "platform scripted",
      hint: "give it all to another version: bento deploy NAME:VERSION --platform scripted",
    };
    await expect(shiftTraffic(SCRIPTED_KEY, { kind: "abort" }, poor)).rejects.toMatchObject(error);
    await expect(versionsOf(SCRIPTED_KEY, poor)).rejects.toMatchObject(error);
  });

  it("says which deployments there are", async () => {
    await using runtime = await onScripted();
    await expect(versionsOf(STUB_KEY, runtime)).rejects.toMatchObject({
      code: "BENTO_NOT_FOUND",
      message: "no deployment stub-service",
    });
  });

  it("finds its way without records, and records what the platform tells", async () => {
    const platform = scriptedPlatform();
    await using runtime = await onScripted(platform);
    await runtime.add(stubManifest({ version: "v2" }));
    platform.versions.push({ id: "1", bento: "stub_service:v1", percent: 90 });
    platform.versions.push({ id: "2", bento: "stub_service:v2", percent: 10 });
    const weight = await shiftTraffic(SCRIPTED_KEY, { kind: "weight", percent: 20 }, runtime);
    expect(weight.deployment).toBeUndefined();
    expect(runtime.events.at(-1)).toEqual({
      kind: "notice",
      message: "traffic of stub-service is not in its history: nothing tells which bento serves",
    });
    const { deployment } = await shiftTraffic(SCRIPTED_KEY, { kind: "complete" }, runtime, {
      sets: ["region=there"],
    });
    expect(platform.seen.context).toMatchObject({
      details: { service: "arn:service" },
      options: { region: "there" },
    });
    expect(deployment).toMatchObject({ bento: { version: "v2" }, change: "complete" });
    expect(deployment?.plan).toBeUndefined();
  });
});

import { describe, expect, it } from "vitest";
import { formatTag } from "../../core/tag.ts";
import { applyPlan } from "../../deploy/apply.ts";
import { createPlan, type DeployRequest } from "../../deploy/plan.ts";
import { pruneDeployment } from "../../deploy/prune.ts";
import { restoreDeployment, restoreTarget } from "../../deploy/restore.ts";
import { deployOn, STUB_KEY, type TestRuntime, testRuntime } from "../support/deploy-runtime.ts";
import { STUB_IMAGE } from "../support/desired.ts";
import {
  SCRIPTED,
  SCRIPTED_KEY,
  type ScriptedPlatform,
  scriptedPlatform,
} from "../support/scripted-platform.ts";
import { stubManifest } from "../support/stub-bento.ts";

async function deployed(
  platform: ScriptedPlatform,
  ...versions: readonly (readonly [string, Partial<DeployRequest>?])[]
): Promise<TestRuntime> {
  const runtime = await testRuntime({}, { loadAdapter: async () => platform.adapter });
  for (const [version, request] of versions) {
    const manifest = await runtime.add(stubManifest({ version }));
    const plan = await createPlan({ platform: SCRIPTED, manifest, ...request }, runtime);
    await applyPlan(plan, runtime);
  }
  return runtime;
}

async function serving(runtime: TestRuntime): Promise<string> {
  const record = await runtime.store.deployments.running(SCRIPTED_KEY);
  return record === undefined ? "nothing" : formatTag(record.bento);
}

describe("restoreDeployment", () => {
  it("goes back to what had all the traffic before, and further back a second time", async () => {
    const platform = scriptedPlatform();
    await using runtime = await deployed(platform, ["v1"], ["v2"], ["v3"]);
    expect(await restoreTarget(SCRIPTED_KEY, runtime)).toMatchObject({
      serving: { bento: { version: "v3" } },
      before: { bento: { version: "v2" } },
    });
    const first = await restoreDeployment(SCRIPTED_KEY, runtime);
    expect(first).toMatchObject({
      left: { bento: { version: "v3" } },
      versions: [{ id: "2", bento: "stub_service:v2", percent: 100 }],
      deployment: {
        bento: { version: "v2" },
        outcome: "succeeded",
        change: "rollback",
        message: "rolled back from stub_service:v3",
        url: "https://service.test",
      },
    });
    expect(await serving(runtime)).toBe("stub_service:v2");
    await restoreDeployment(SCRIPTED_KEY, runtime);
    expect(await serving(runtime)).toBe("stub_service:v1");
    expect(platform.seen.before).toMatchObject({ bento: { version: "v1" } });
  });

  it.each([
    ["stub_service:v1", "restore stub_service:v1"],
    ["v1", "restore stub_service:v1"],
    ["1", "restore 1"],
  ])("goes to %s where that is asked for", async (to, call) => {
    const platform = scriptedPlatform();
    await using runtime = await deployed(platform, ["v1"], ["v2"], ["v3"]);
    const { deployment } = await restoreDeployment(SCRIPTED_KEY, runtime, { to });
    expect(platform.calls.at(-1)).toBe(call);
    expect(deployment).toMatchObject({ bento: { version: "v1" }, change: "rollback" });
  });

  it("ends a canary that is under way", async () => {
    const platform = scriptedPlatform();
    await using runtime = await deployed(platform, ["v1"], ["v2"], ["v3", { canary: 20 }]);
    const { left } = await restoreDeployment(SCRIPTED_KEY, runtime);
    expect([left?.bento.version, await serving(runtime)]).toEqual(["v3", "stub_service:v2"]);
    expect((await restoreTarget(SCRIPTED_KEY, runtime)).before?.bento.version).toBe("v1");
  });

  it("names the deploy that does the same where a platform keeps no versions", async () => {
    await using runtime = await testRuntime();
    await deployOn(await runtime.add(stubManifest()), runtime);
    await deployOn(await runtime.add(stubManifest({ version: "v2" })), runtime);
    await expect(restoreDeployment(STUB_KEY, runtime)).rejects.toMatchObject({
      code: "BENTO_UNSUPPORTED",
      message: "local keeps no earlier version to go back to",
      hint: "deploy it again: bento deploy stub_service:v1 --platform local",
    });
  });

  it("finds its way without records", async () => {
    const platform = scriptedPlatform();
    await using runtime = await deployed(platform);
    await runtime.add(stubManifest());
    platform.versions.push({ id: "1", bento: "stub_service:v1", percent: 0 });
    platform.versions.push({ id: "2", bento: "stub_service:v2", percent: 100 });
    const { deployment } = await restoreDeployment(SCRIPTED_KEY, runtime, { to: "1" });
    expect(deployment).toMatchObject({ bento: { version: "v1" }, verified: false });
  });

  it("leaves no record when the platform fails", async () => {
    const platform = scriptedPlatform();
    await using runtime = await deployed(platform, ["v1"], ["v2"]);
    platform.script.shift = () => {
      throw new Error("throttled");
    };
    await expect(restoreDeployment(SCRIPTED_KEY, runtime)).rejects.toThrow("throttled");
    expect(await serving(runtime)).toBe("stub_service:v2");
  });
});

describe("pruneDeployment", () => {
  it("keeps what a record of any environment names", async () => {
    const platform = scriptedPlatform({ runs: "image" });
    await using runtime = await deployed(
      platform,
      ["v1", { image: STUB_IMAGE }],
      ["v2", { image: { ...STUB_IMAGE, digest: `sha256:${"2".repeat(64)}` }, environment: "prod" }],
    );
    const digests = [`sha256:${"2".repeat(64)}`, STUB_IMAGE.digest].sort();
    const dry = { removed: ["all but 5"], kept: digests };
    expect(await pruneDeployment(SCRIPTED_KEY, runtime, { isDry: true })).toEqual(dry);
    const done = await pruneDeployment(SCRIPTED_KEY, runtime, { keep: 2 });
    expect(done).toEqual({ removed: ["all but 2"], kept: digests });
    expect(platform.calls.slice(-2)).toEqual(["look what could go", "prune"]);
  });

  it("says what to do where nothing is kept", async () => {
    await using runtime = await testRuntime();
    await deployOn(await runtime.add(stubManifest()), runtime);
    await expect(pruneDeployment(STUB_KEY, runtime)).rejects.toMatchObject({
      code: "BENTO_UNSUPPORTED",
      message: "local keeps nothing that could go",
      hint: "end the whole of it: bento deployment destroy stub-service --platform local",
    });
  });
});

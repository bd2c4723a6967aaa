import { execFileSync } from "node:child_process";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { processOf } from "../../adapters/local/local-process.ts";
import { freePort } from "../../adapters/local/port.ts";
import { rememberedProcesses } from "../../adapters/local/process-files.ts";
import type { BentoManifest } from "../../core/bento-manifest.ts";
import type { PlannedImage } from "../../core/plan.ts";
import { formatTag } from "../../core/tag.ts";
import { applyPlan } from "../../deploy/apply.ts";
import { destroyDeployment, logsOf, statusOf } from "../../deploy/lifecycle.ts";
import { createPlan } from "../../deploy/plan.ts";
import { homeImages } from "../../oci/home-images.ts";
import { createLayout } from "../../oci/layout.ts";
import {
  deployOn,
  postDouble,
  STUB_KEY,
  type TestRuntime,
  testRuntime,
} from "../support/deploy-runtime.ts";
import { hostImage } from "../support/host-base.ts";
import { podmanSettings } from "../support/image-stand.ts";
import { stubBehaving, stubManifest } from "../support/stub-bento.ts";
import { tempDir } from "../support/temp-dir.ts";
import { skipWithout } from "../support/tools.ts";

/** Puts a bento and its image where a deploy finds them. */
async function addImage(runtime: TestRuntime, manifest: BentoManifest) {
  await runtime.add(manifest);
  const directory = await runtime.store.bentos.materialise(manifest, runtime.home);
  const files = ["package.json", "bento.json", "src/main.js"];
  const layout = await createLayout(homeImages(runtime.home));
  const image = await hostImage(layout, { directory, files, name: formatTag(manifest) });
  return { manifest, image };
}

interface Added {
  readonly manifest: BentoManifest;
  readonly image: PlannedImage;
}

/** What the machine has of a deployment, as the engine itself says. */
const ENGINES = [
  { engine: "bwrap", tools: ["bwrap", "ldd"], resource: "sandbox", what: /^process \d+ / },
  {
    engine: "podman",
    tools: ["podman", "runc", "ldd"],
    resource: "podman container",
    what: /^container bento-default-stub-service-[0-9a-f]{8} /,
  },
] as const;

describe.each(ENGINES)("the local engine $engine", ({ engine, tools, resource, what }) => {
  it.skipIf(skipWithout(...tools))(
    "deploys, replaces, rolls back and destroys",
    async () => {
      await using storage = await tempDir();
      const settings = await podmanSettings(storage.path);
      await using runtime = await testRuntime({ ...settings, API_KEY: "k" });
      const port = await freePort("127.0.0.1");
      const sets = [`engine=${engine}`, `port=${port}`, "stopTimeoutSeconds=5"];
      const deploy = ({ manifest, image }: Added, variables = {}) =>
        deployOn(manifest, runtime, { image, sets, variables });
      const v1 = await addImage(runtime, stubBehaving("good", { env: ["API_KEY"] }));

      const first = await deploy(v1, { DB_PASSWORD: "hunter2", HOME: "/tmp/home" });
      const url = `http://127.0.0.1:${port}`;
      expect(first).toMatchObject({
        goldenCount: 2,
        deployment: { outcome: "succeeded", url, image: v1.image },
      });
      expect(await (await fetch(`${url}/environment`)).json()).toMatchObject({
        ...{ API_KEY: "k", DB_PASSWORD: "hunter2", HOME: "/tmp/home", NODE_ENV: "production" },
      });
      expect(JSON.stringify(first.deployment)).not.toMatch(/hunter2|"k"/);
      expect(await statusOf(STUB_KEY, runtime)).toMatchObject({
        state: "ready",
        summary: expect.stringMatching(what),
        serves: "stub_service:v1",
      });
      expect(await Array.fromAsync(logsOf(STUB_KEY, runtime, { tail: 2 }))).toEqual([
        "double 2",
        "double 0.1",
      ]);
      const variables = { DB_PASSWORD: "hunter2", HOME: "/tmp/home" };
      const again = await createPlan({ platform: "local", ...v1, sets, variables }, runtime);
      expect(again.actions).toMatchObject([{ kind: "noop", resource: `${resource} stub-service` }]);

      const bad = await addImage(runtime, stubBehaving("dies-at-start", { version: "v2" }));
      await expect(deploy(bad)).rejects.toMatchObject({
        code: "BENTO_UNHEALTHY",
        message: [
          "stub_service:v2 ended before it was ready; the end of its log:",
          "  starting stub_service:v2",
          "  Error: the model file is not there",
        ].join("\n"),
        hint: expect.stringMatching(`^rolled back: stub_service:v1 runs at ${url}; `),
      });
      expect(await postDouble(url, 4)).toEqual({ y: 8 });
      expect(await (await fetch(`${url}/environment`)).json()).toMatchObject(variables);

      const v3 = await addImage(runtime, stubManifest({ version: "v3" }));
      await deploy(v3);
      const status = await statusOf(STUB_KEY, runtime);
      expect(status).toMatchObject({ state: "ready", serves: "stub_service:v3" });
      const folder = join(runtime.home, "run", "local", "default", "stub-service");
      expect(await rememberedProcesses(folder)).toEqual([processOf(status.deployment?.details)]);

      await destroyDeployment(STUB_KEY, runtime);
      await expect(fetch(`${url}/readyz`)).rejects.toThrow("fetch failed");
      expect(await readdir(join(runtime.home, "run", "local", "default"))).toEqual([]);
      if (engine === "podman") {
        const env = { ...process.env, ...settings };
        const left = (what: string) => execFileSync("podman", [what, "--all", "--quiet"], { env });
        expect(left("ps").toString() + left("images").toString()).toBe("");
      }
    },
    90_000,
  );
});

describe("an engine that is not installed", () => {
  it.each([
    ["bwrap", "apt-get install bubblewrap"],
    ["podman", "apt-get install podman"],
    ["docker", "see https://docs.docker.com/engine/install"],
  ])("%s is missed before anything starts", async (engine, install) => {
    await using runtime = await testRuntime({ PATH: "/nowhere" });
    const manifest = await runtime.add(stubManifest());
    const image = {
      digest: manifest.models[0]?.digest ?? "sha256:",
      platform: "linux/amd64",
      bytes: 1,
    };
    const sets = [`engine=${engine}`];
    const plan = await createPlan(
      { platform: "local", manifest, image: image as PlannedImage, sets },
      runtime,
    );
    await expect(applyPlan(plan, runtime)).rejects.toMatchObject({
      code: "BENTO_UNSUPPORTED",
      exitCode: 2,
      message: `${engine} is not installed`,
      where: `engine ${engine}`,
      hint: expect.stringContaining(`nothing was deployed; ${install}`),
    });
  });
});

/**
 * Surroundings for tests of deploying: real records in memory, stub bentos on disk, a clock that moves a second a look.
 *
 * @module
 */
import { join } from "node:path";
import { BentoError } from "../../core/bento-error.ts";
import type { BentoManifest } from "../../core/bento-manifest.ts";
import type { ProgressEvent } from "../../core/progress.ts";
import { formatTag } from "../../core/tag.ts";
import { type Applied, applyPlan } from "../../deploy/apply.ts";
import { destroyDeployment } from "../../deploy/lifecycle.ts";
import { createPlan, type DeployRequest } from "../../deploy/plan.ts";
import { listDeployments } from "../../deploy/records.ts";
import type { DeployRuntime } from "../../deploy/runtime.ts";
import { deploymentStore } from "../../model-store/deployments.ts";
import { memoryDriver } from "../../model-store/drivers/memory.ts";
import { writeStub } from "./stub-bento.ts";
import { tempDir } from "./temp-dir.ts";

export interface TestRuntime extends DeployRuntime, AsyncDisposable {
  /** Temporary, removed at the end. */
  readonly home: string;
  readonly events: ProgressEvent[];
  /** Puts a bento into the store. */
  add(manifest: BentoManifest): Promise<BentoManifest>;
}

/** What was deployed in it is destroyed at the end. */
export async function testRuntime(
  ambient: Readonly<Record<string, string>> = {},
  overrides: Partial<DeployRuntime> = {},
): Promise<TestRuntime> {
  const home = await tempDir();
  const bentos = new Map<string, BentoManifest>();
  const events: ProgressEvent[] = [];
  let seconds = 0;
  const now = () => new Date(Date.UTC(2026, 0, 1, 0, 0, seconds++));
  const directoryOf = (tag: string) => join(home.path, "bentos", tag.replace(":", "@"));
  const runtime: DeployRuntime = {
    store: {
      bentos: {
        async get(tag) {
          const found = bentos.get(formatTag(tag));
          if (found === undefined) {
            throw new BentoError("BENTO_NOT_FOUND", `no bento ${formatTag(tag)}`);
          }
          return { manifest: found };
        },
        materialise: async (tag) => directoryOf(formatTag(tag)),
      },
      deployments: deploymentStore({ driver: memoryDriver(), now }),
    },
    home: home.path,
    projectDirectory: home.path,
    ambient: { PATH: process.env["PATH"] ?? "", ...ambient },
    now,
    by: "tester",
    onProgress: (event) => void events.push(event),
    ...overrides,
  };
  return {
    ...runtime,
    home: home.path,
    events,
    async add(manifest) {
      bentos.set(formatTag(manifest), manifest);
      await writeStub(directoryOf(formatTag(manifest)), manifest);
      return manifest;
    },
    async [Symbol.asyncDispose]() {
      for await (const deployment of listDeployments(runtime)) {
        await destroyDeployment(deployment, runtime);
      }
      await home[Symbol.asyncDispose]();
    },
  };
}

/** Where the stub bento goes by default. */
export const STUB_KEY = { platform: "local", environment: "default", name: "stub-service" };

/** Plans and applies in one go, to this machine unless it says otherwise. */
export async function deployOn(
  manifest: BentoManifest,
  runtime: DeployRuntime,
  request: Partial<DeployRequest> = {},
): Promise<Applied> {
  const plan = await createPlan({ platform: "local", manifest, ...request }, runtime);
  return await applyPlan(plan, runtime);
}

/** The stub's answer to a number. */
export async function postDouble(url: string | undefined, x: number): Promise<unknown> {
  const response = await fetch(`${url}/double`, { method: "POST", body: JSON.stringify({ x }) });
  return await response.json();
}

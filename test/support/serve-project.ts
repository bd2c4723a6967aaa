/**
 * A project built into a bento and running as its image would run it, for tests that go all the way.
 *
 * @module
 */
import { join } from "node:path";
import { applyPlan } from "../../deploy/apply.ts";
import { destroyDeployment } from "../../deploy/lifecycle.ts";
import { createPlan } from "../../deploy/plan.ts";
import type { DeployRuntime } from "../../deploy/runtime.ts";
import type { Store } from "../../model-store/store.ts";
import { buildBento } from "../../packager/build.ts";
import type { Project } from "../../packager/project.ts";

export interface ServedProject extends AsyncDisposable {
  readonly url: string;
  /** The parsed answer of an api; fails on any status but 200. */
  // biome-ignore lint/suspicious/noExplicitAny: answers are whatever the test's own service gives
  post(api: string, body: unknown): Promise<any>;
}

export async function serveProject(
  project: Project,
  store: Store,
  home: string,
): Promise<ServedProject> {
  const { manifest } = await buildBento(project, { store, workDirectory: join(home, "tmp") });
  const runtime: DeployRuntime = {
    store,
    home,
    projectDirectory: project.directory,
    ambient: process.env,
    now: () => new Date(),
  };
  const { deployment } = await applyPlan(
    await createPlan({ platform: "local", manifest }, runtime),
    runtime,
  );
  const { url = "", platform, environment, name } = deployment;
  return {
    url,
    async post(api, body) {
      const response = await fetch(`${url}/${api}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      if (response.status !== 200) {
        throw new Error(`${api} answered ${response.status}: ${await response.text()}`);
      }
      return response.json();
    },
    async [Symbol.asyncDispose]() {
      await destroyDeployment({ platform, environment, name }, runtime);
    },
  };
}

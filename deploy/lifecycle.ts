/**
 * Looks after what was deployed: how it does, what it logs, and its end.
 *
 * @module
 */
import type { DeploymentStatus, LogOptions, Rollout } from "../adapters/adapter.ts";
import { loadAdapter } from "../adapters/registry.ts";
import { BentoError } from "../core/bento-error.ts";
import type { Deployment } from "../core/deployment.ts";
import { silent } from "../core/progress.ts";
import { runStep } from "../core/run-step.ts";
import { withLock } from "./lock.ts";
import { refuseUnmet } from "./needs.ts";
import { contextOf, getDeployment } from "./records.ts";
import { clockOf, type DeploymentKey, type DeployRuntime } from "./runtime.ts";

/** A deployment's newest record with what its platform says now. */
export interface CurrentStatus extends DeploymentStatus {
  readonly deployment: Deployment;
}

/**
 * @throws BentoError BENTO_NOT_FOUND when there is no such deployment
 */
export async function statusOf(key: DeploymentKey, runtime: DeployRuntime): Promise<CurrentStatus> {
  const deployment = await getDeployment(key, runtime);
  if (deployment.outcome === "destroyed") {
    return { state: "gone", summary: `destroyed at ${deployment.at}`, deployment };
  }
  const rollout = await rolloutOf(key);
  const status = await rollout.status(contextOf(key, deployment, runtime));
  return { ...status, deployment };
}

/**
 * Lines of its log, oldest first.
 *
 * @throws BentoError BENTO_NOT_FOUND when there is no such deployment, or it was destroyed
 */
export async function* logsOf(
  key: DeploymentKey,
  runtime: DeployRuntime,
  options: LogOptions = {},
): AsyncIterable<string> {
  const deployment = await getDeployment(key, runtime);
  if (deployment.outcome === "destroyed") {
    throw new BentoError("BENTO_NOT_FOUND", `${key.name} was destroyed, its log with it`, {
      where: `platform ${key.platform}, environment ${key.environment}`,
    });
  }
  const rollout = await rolloutOf(key);
  yield* rollout.logs(options, contextOf(key, deployment, runtime));
}

/**
 * Takes everything of a deployment away and records its end. Doing so again changes nothing.
 *
 * @throws BentoError BENTO_NOT_FOUND when there is no such deployment; BENTO_CONFLICT while another process changes it
 */
export async function destroyDeployment(
  key: DeploymentKey,
  runtime: DeployRuntime,
): Promise<Deployment> {
  await getDeployment(key, runtime); // a wrong name leaves no lock behind
  return await withLock(key, runtime, {
    work: "destroy",
    doWork: () => destroyLocked(key, runtime),
  });
}

async function destroyLocked(key: DeploymentKey, runtime: DeployRuntime): Promise<Deployment> {
  const deployment = await getDeployment(key, runtime);
  const rollout = await rolloutOf(key);
  // also where the record says that it is gone: the platform is the truth
  await runStep(runtime.onProgress ?? silent, { step: "destroy", now: clockOf(runtime) }, () =>
    rollout.destroy(contextOf(key, deployment, runtime)),
  );
  if (deployment.outcome === "destroyed") {
    return deployment;
  }
  const { url: _url, message: _message, by: _by, ...kept } = deployment;
  const record: Deployment = {
    ...kept,
    at: runtime.now().toISOString(),
    ...(runtime.by === undefined ? {} : { by: runtime.by }),
    outcome: "destroyed",
    details: {},
  };
  await runtime.store.deployments.append(record, { after: deployment });
  return record;
}

async function rolloutOf({ platform }: DeploymentKey): Promise<Rollout> {
  const adapter = await loadAdapter(platform);
  if (adapter.rollout === undefined) {
    refuseUnmet(adapter, ["apply"]);
    throw new BentoError("BENTO_BUG", `${platform} says that it applies plans and cannot`);
  }
  return adapter.rollout;
}

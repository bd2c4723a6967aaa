/**
 * Looks after what was deployed: how it does, what it logs, and its end.
 *
 * @module
 */
import type { DeploymentStatus, LogOptions } from "../adapters/adapter.ts";
import { BentoError } from "../core/bento-error.ts";
import type { Deployment } from "../core/deployment.ts";
import { silent } from "../core/progress.ts";
import { runStep } from "../core/run-step.ts";
import { withLock } from "./lock.ts";
import { clockOf, type DeploymentKey, type DeployRuntime, type GivenOptions } from "./runtime.ts";
import { subjectOf } from "./subject.ts";

/** A deployment's newest record with what its platform says now. */
export interface CurrentStatus extends DeploymentStatus {
  /** Undefined where records are lost and the platform has it. */
  readonly deployment: Deployment | undefined;
}

/**
 * @throws BentoError BENTO_NOT_FOUND when there is no such deployment
 */
export async function statusOf(
  key: DeploymentKey,
  runtime: DeployRuntime,
  given: GivenOptions = {},
): Promise<CurrentStatus> {
  const { rollout, record, context } = await subjectOf(key, runtime, given);
  if (record?.outcome === "destroyed") {
    return { state: "gone", summary: `destroyed at ${record.at}`, deployment: record };
  }
  return { ...(await rollout.status(context)), deployment: record };
}

/**
 * Lines of its log, oldest first.
 *
 * @throws BentoError BENTO_NOT_FOUND when there is no such deployment, or it was destroyed
 */
export async function* logsOf(
  key: DeploymentKey,
  runtime: DeployRuntime,
  { options, sets, ...lines }: LogOptions & GivenOptions = {},
): AsyncIterable<string> {
  const { rollout, record, context } = await subjectOf(key, runtime, { options, sets });
  if (record?.outcome === "destroyed") {
    throw new BentoError("BENTO_NOT_FOUND", `${key.name} was destroyed`, {
      where: `platform ${key.platform}, environment ${key.environment}`,
      hint: "what a platform keeps of its log was named as it was destroyed",
    });
  }
  yield* rollout.logs(lines, context);
}

/**
 * Takes everything of a deployment away and records its end. Doing so again changes nothing.
 *
 * @returns the record of its end; undefined where there was none to end
 * @throws BentoError BENTO_NOT_FOUND when there is no such deployment; BENTO_CONFLICT while another process changes it
 */
export async function destroyDeployment(
  key: DeploymentKey,
  runtime: DeployRuntime,
  given: GivenOptions = {},
): Promise<Deployment | undefined> {
  await subjectOf(key, runtime, given); // a wrong name leaves no lock behind
  return await withLock(key, runtime, {
    work: "destroy",
    doWork: () => destroyLocked(key, runtime, given),
  });
}

async function destroyLocked(
  key: DeploymentKey,
  runtime: DeployRuntime,
  given: GivenOptions,
): Promise<Deployment | undefined> {
  const { rollout, record: deployment, context } = await subjectOf(key, runtime, given);
  // also where the record says that it is gone: the platform is the truth
  await runStep(runtime.onProgress ?? silent, { step: "destroy", now: clockOf(runtime) }, () =>
    rollout.destroy(context),
  );
  if (deployment === undefined || deployment.outcome === "destroyed") {
    return deployment;
  }
  const { url: _url, message: _message, by: _by, change: _change, ...last } = deployment;
  const { canary: _canary, ...kept } = last;
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

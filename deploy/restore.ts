/**
 * Back to an earlier version of a deployment: all the traffic at once, by the version that still stands where the
 * platform keeps them.
 *
 * @module
 */
import { BentoError } from "../core/bento-error.ts";
import type { Deployment } from "../core/deployment.ts";
import { silent } from "../core/progress.ts";
import { runStep } from "../core/run-step.ts";
import { formatTag } from "../core/tag.ts";
import { deployLine } from "./command-line.ts";
import { withLock } from "./lock.ts";
import { recordMove } from "./record-move.ts";
import { clockOf, type DeploymentKey, type DeployRuntime, type GivenOptions } from "./runtime.ts";
import { type Served, servedAs, servedBy } from "./served.ts";
import { type Subject, subjectOf } from "./subject.ts";
import { type Moved, refuseDestroyed } from "./traffic.ts";

export interface RestoreOptions extends GivenOptions {
  /** Version of the platform, `name:version` of a bento, or its version. @default what had all the traffic before */
  readonly to?: string | undefined;
}

/** What a roll back would do, as far as the records tell. */
export interface RestoreTarget {
  /** What serves now, the canary where one is under way. */
  readonly serving: Deployment | undefined;
  /** What would serve. */
  readonly before: Deployment | undefined;
}

export interface Restored extends Moved {
  /** The record of what served before the roll back, where there is one. */
  readonly left: Deployment | undefined;
}

/**
 * What a roll back would do; writes nothing.
 *
 * @throws BentoError BENTO_UNSUPPORTED where the platform keeps no versions, with the deploy that does the same;
 * BENTO_NOT_FOUND when there is no such deployment, or the records tell that nothing served before
 */
export async function restoreTarget(
  key: DeploymentKey,
  runtime: DeployRuntime,
  { to, ...given }: RestoreOptions = {},
): Promise<RestoreTarget> {
  const subject = await subjectOf(key, runtime, given);
  refuseDestroyed(subject, key);
  const target = targetIn(await servedBy(key, runtime.store), to);
  if (subject.rollout.restore === undefined) {
    throw unrestorable(subject, key, target.before);
  }
  return target;
}

/**
 * Gives all the traffic back and records it.
 *
 * @throws BentoError as {@link restoreTarget}; BENTO_CONFLICT while another process changes the deployment
 */
export async function restoreDeployment(
  key: DeploymentKey,
  runtime: DeployRuntime,
  options: RestoreOptions = {},
): Promise<Restored> {
  await restoreTarget(key, runtime, options); // a wrong name leaves no lock behind
  return await withLock(key, runtime, {
    work: options.to === undefined ? "rollback" : `rollback to ${options.to}`,
    doWork: async () => await restoreLocked(key, runtime, options),
  });
}

async function restoreLocked(
  key: DeploymentKey,
  runtime: DeployRuntime,
  { to, ...given }: RestoreOptions,
): Promise<Restored> {
  const { rollout, record, context } = await subjectOf(key, runtime, given);
  const served = await servedBy(key, runtime.store);
  const { serving, before } = targetIn(served, to);
  // a version alone is the bento's where a record has it, else the platform's
  const exact = to !== undefined && before !== undefined ? formatTag(before.bento) : to;
  const shifted = await runStep(
    runtime.onProgress ?? silent,
    { step: "rollback", now: clockOf(runtime) },
    async () => await rollout.restore?.({ to: exact, before }, context),
  );
  if (shifted === undefined) {
    throw new BentoError("BENTO_BUG", `${key.platform} restores no version any more`);
  }
  const message =
    serving === undefined ? undefined : `rolled back from ${formatTag(serving.bento)}`;
  const deployment = await recordMove(
    key,
    { change: "rollback", shifted, served, latest: record, usual: before, message },
    runtime,
  );
  return { deployment, versions: shifted.versions, left: serving };
}

function targetIn(served: Served, to: string | undefined): RestoreTarget {
  const { current, canary, earlier, all } = served;
  const serving = canary ?? current;
  if (to === undefined) {
    return { serving, before: canary === undefined ? earlier[0] : current };
  }
  const before =
    servedAs(to, served) ?? all.find(({ bento }) => !to.includes(":") && bento.version === to);
  return { serving, before };
}

function unrestorable(
  { adapter, record }: Subject,
  key: DeploymentKey,
  before: Deployment | undefined,
): BentoError {
  const tag =
    before === undefined ? `${record?.bento.name ?? key.name}:VERSION` : formatTag(before.bento);
  return new BentoError(
    "BENTO_UNSUPPORTED",
    `${adapter.platform} keeps no earlier version to go back to`,
    {
      where: `deployment ${key.name}, environment ${key.environment}`,
      hint: `deploy it again: ${deployLine(tag, key)}`,
    },
  );
}

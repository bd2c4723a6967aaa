/**
 * Traffic between the versions of a deployment that stand: a share for the new one, all of it, or none.
 *
 * @module
 */
import type { DeployedVersion, TrafficShift } from "../adapters/adapter.ts";
import { BentoError } from "../core/bento-error.ts";
import type { Deployment } from "../core/deployment.ts";
import { silent } from "../core/progress.ts";
import { runStep } from "../core/run-step.ts";
import { checkPercent } from "./canary.ts";
import { withLock } from "./lock.ts";
import { recordMove } from "./record-move.ts";
import { clockOf, type DeploymentKey, type DeployRuntime, type GivenOptions } from "./runtime.ts";
import { type Served, servedBy } from "./served.ts";
import { type Subject, subjectOf } from "./subject.ts";

/** What stands after traffic was moved. */
export interface Moved {
  /** The record of it; undefined where nothing tells which bento serves. */
  readonly deployment: Deployment | undefined;
  /** Those that have traffic, the largest share first. */
  readonly versions: readonly DeployedVersion[];
}

const STEPS = { weight: "traffic", complete: "complete", abort: "abort" } as const;

/**
 * Versions that stand, newest first.
 *
 * @throws BentoError BENTO_NOT_FOUND when there is no such deployment; BENTO_UNSUPPORTED where it has but one version
 */
export async function versionsOf(
  key: DeploymentKey,
  runtime: DeployRuntime,
  given: GivenOptions = {},
): Promise<readonly DeployedVersion[]> {
  const subject = await subjectOf(key, runtime, given);
  refuseDestroyed(subject, key);
  if (subject.rollout.versions === undefined) {
    throw unshiftable(subject);
  }
  return await subject.rollout.versions(subject.context);
}

/**
 * Moves traffic and records it.
 *
 * @param shift - a weight is a whole number of per cent, 1 to 99
 * @throws BentoError BENTO_UNSUPPORTED where the platform cannot; BENTO_NOT_FOUND when there is no such deployment;
 * BENTO_CONFLICT when no new version is under way, or while another process changes the deployment
 */
export async function shiftTraffic(
  key: DeploymentKey,
  shift: TrafficShift,
  runtime: DeployRuntime,
  given: GivenOptions = {},
): Promise<Moved> {
  if (shift.kind === "weight") {
    checkPercent(shift.percent, "--percent");
  }
  const subject = await subjectOf(key, runtime, given); // a wrong name leaves no lock behind
  refuseDestroyed(subject, key);
  if (subject.rollout.shift === undefined) {
    throw unshiftable(subject);
  }
  return await withLock(key, runtime, {
    work: STEPS[shift.kind],
    doWork: async () => await shiftLocked(key, shift, { runtime, given }),
  });
}

async function shiftLocked(
  key: DeploymentKey,
  shift: TrafficShift,
  { runtime, given }: { runtime: DeployRuntime; given: GivenOptions },
): Promise<Moved> {
  const { rollout, record, context } = await subjectOf(key, runtime, given);
  const served = await servedBy(key, runtime.store);
  const change = STEPS[shift.kind];
  const shifted = await runStep(
    runtime.onProgress ?? silent,
    { step: change, now: clockOf(runtime) },
    async () => await rollout.shift?.(shift, context),
  );
  if (shifted === undefined) {
    throw new BentoError("BENTO_BUG", `${key.platform} shifts no traffic any more`);
  }
  const deployment = await recordMove(
    key,
    {
      ...{ change, shifted, served, latest: record },
      canary: shift.kind === "weight" ? shift.percent : undefined,
      usual: usualAfter(shift, served),
    },
    runtime,
  );
  return { deployment, versions: shifted.versions };
}

function usualAfter(shift: TrafficShift, { current, canary }: Served): Deployment | undefined {
  return shift.kind === "abort" ? current : (canary ?? current);
}

/** @throws BentoError BENTO_NOT_FOUND for what was destroyed */
export function refuseDestroyed({ record }: Subject, key: DeploymentKey): void {
  if (record?.outcome === "destroyed") {
    throw new BentoError("BENTO_NOT_FOUND", `${key.name} was destroyed at ${record.at}`, {
      where: `platform ${key.platform}, environment ${key.environment}`,
      hint: "deploy it again: bento deploy",
    });
  }
}

function unshiftable({ adapter, record }: Subject): BentoError {
  const { canary } = adapter.capabilities;
  const missing =
    canary === true
      ? `${adapter.platform} tells of no versions that share traffic`
      : canary.missing;
  const bento = record?.bento.name ?? "NAME";
  return new BentoError("BENTO_UNSUPPORTED", missing, {
    where: `platform ${adapter.platform}`,
    hint: `give it all to another version: bento deploy ${bento}:VERSION --platform ${adapter.platform}`,
  });
}

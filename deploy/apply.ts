/**
 * Carries a plan out: refused when stale, verified before traffic, rolled back when unhealthy, recorded whatever the
 * outcome.
 *
 * @module
 */
import { join } from "node:path";
import type { Candidate, Standing } from "../adapters/adapter.ts";
import type { BentoManifest } from "../core/bento-manifest.ts";
import type { Deployment } from "../core/deployment.ts";
import { isNoop, type Plan } from "../core/plan.ts";
import { type OnProgress, silent } from "../core/progress.ts";
import { runStep } from "../core/run-step.ts";
import { formatTag } from "../core/tag.ts";
import { withLock } from "./lock.ts";
import { type Prepared, planPrepared, prepare } from "./plan.ts";
import { rollBack } from "./roll-back.ts";
import { rolloutOf } from "./rollout-of.ts";
import { type Run, recordOf } from "./run.ts";
import { clockOf, type DeployRuntime } from "./runtime.ts";
import { refuseStale } from "./stale.ts";
import { verifyCandidate } from "./verify.ts";

export interface ApplyOptions {
  /** Send the golden requests before traffic; the record says when they were not. @default true */
  readonly verify?: boolean | undefined;
}

export interface Applied {
  readonly deployment: Deployment;
  /** False when there was nothing to do, and nothing was written. */
  readonly isChanged: boolean;
  /** Golden requests that were answered rightly. */
  readonly goldenCount: number;
}

/**
 * @param plan - from `createPlan`, or read from a file; its bento must be in the store
 * @throws BentoError BENTO_STALE_PLAN when what it was made from has changed; BENTO_UNHEALTHY when the new version
 * failed its checks and was taken away; BENTO_ROLLBACK_FAILED when that failed too; BENTO_CONFLICT while another process
 * changes the same deployment
 */
export async function applyPlan(
  plan: Plan,
  runtime: DeployRuntime,
  options: ApplyOptions = {},
): Promise<Applied> {
  const { manifest } = await runtime.store.bentos.get(plan.bento);
  const prepared = await prepare(requestOf(plan, manifest), runtime);
  return await withLock(prepared.key, runtime, {
    work: `deploy ${formatTag(plan.bento)}`,
    doWork: () => applyPrepared(plan, prepared, { runtime, verify: options.verify ?? true }),
  });
}

async function applyPrepared(
  plan: Plan,
  prepared: Prepared,
  { runtime, verify }: { runtime: DeployRuntime; verify: boolean },
): Promise<Applied> {
  const { store, home } = runtime;
  const { adapter, desired } = prepared;
  const { plan: now, context, latest } = await planPrepared(prepared, runtime);
  refuseStale(plan, now);
  const rollout = rolloutOf(adapter);
  const request = { plan, desired, directory: "" };
  if (isNoop(plan)) {
    const deployment = await unchanged({ rollout, request, context, runtime, latest });
    return { deployment, isChanged: false, goldenCount: 0 };
  }
  const step = { step: "prepare", now: clockOf(runtime) };
  const directory = await runStep(progress(runtime), step, () =>
    store.bentos.materialise(plan.bento, join(home, "cache")),
  );
  const run = { rollout, request: { ...request, directory }, context, runtime, latest };
  return await carryOut({ ...run, latest: await recordStart(run) }, verify);
}

/**
 * Where nothing stood, a record comes before anything that could be left behind: whoever is killed half-way leaves what
 * can be found, looked at and destroyed.
 *
 * @returns the newest record now
 */
async function recordStart(run: Run): Promise<Deployment | undefined> {
  const { latest, runtime } = run;
  if (latest !== undefined && latest.outcome !== "destroyed") {
    return latest;
  }
  const started = recordOf(run, { outcome: "started", details: {}, verified: false });
  await runtime.store.deployments.append(started, { after: latest ?? null });
  return started;
}

async function carryOut(run: Run, verify: boolean): Promise<Applied> {
  const { rollout, request, context, runtime } = run;
  const now = clockOf(runtime);
  const tag = formatTag(request.plan.bento);
  let candidate: Candidate | undefined;
  let standing: Standing;
  let goldenCount = 0;
  let isVerified = false;
  try {
    const started = await runStep(
      progress(runtime),
      { step: "start", now, detail: ({ url }) => url },
      () => rollout.apply(request, context),
    );
    candidate = started;
    await runStep(progress(runtime), { step: "ready", now }, () =>
      rollout.verify(started, request, context),
    );
    const { send, url } = started;
    if (verify && send === undefined) {
      const message = "nobody reaches it from here: golden requests were not sent";
      progress(runtime)({ kind: "notice", message });
    } else if (verify && send !== undefined) {
      const { directory } = request;
      goldenCount = await runStep(
        progress(runtime),
        {
          step: "verify",
          now,
          detail: (count) => `${count} golden request${count === 1 ? "" : "s"} answered rightly`,
        },
        () => verifyCandidate({ candidate: { send, url }, directory, tag, signal: runtime.signal }),
      );
      isVerified = true;
    }
    runtime.signal?.throwIfAborted();
    standing = await runStep(progress(runtime), { step: "traffic", now }, () =>
      rollout.traffic(started, request, context),
    );
  } catch (error) {
    throw await rollBack(error, candidate, run);
  }
  const deployment = recordOf(run, { ...standing, outcome: "succeeded", verified: isVerified });
  await runtime.store.deployments.append(deployment, { after: run.latest ?? null });
  return { deployment, isChanged: true, goldenCount };
}

function progress({ onProgress = silent }: DeployRuntime): OnProgress {
  return onProgress;
}

function requestOf(plan: Plan, manifest: BentoManifest) {
  const { platform, environment, name, image, options, variables, secrets, canary } = plan;
  const asked = Object.entries(plan.bento.models).flatMap(([key, model]) =>
    model.asked === undefined ? [] : [[key, model.asked]],
  );
  return {
    ...{ platform, environment, name, manifest, image, options, variables, secrets, canary },
    asked: Object.fromEntries(asked),
  };
}

/**
 * The record of what stands as planned. Where none tells of it, because records are lost or the deploy that made it was
 * killed at its end, it is written now.
 */
async function unchanged(run: Run): Promise<Deployment> {
  const { plan } = run.request;
  const { deployments } = run.runtime.store;
  const record = await deployments.running(plan);
  const isEnded = record?.canary !== undefined && plan.canary === undefined;
  if (record?.bento.digest === plan.bento.digest && !isEnded) {
    return record;
  }
  const found = await run.rollout.find?.(run.context);
  const standing = found ?? { details: run.context.details ?? {}, url: run.latest?.url };
  const message = "it stood already, and no record told of it";
  const repaired = recordOf(run, { ...standing, outcome: "succeeded", verified: false, message });
  await deployments.append(repaired, { after: run.latest ?? null });
  return repaired;
}

/**
 * Carries a plan out: refused when stale, verified before traffic, rolled back when unhealthy, recorded whatever the
 * outcome.
 *
 * @module
 */
import { join } from "node:path";
import type { Adapter, Candidate, Rollout, Standing } from "../adapters/adapter.ts";
import { BentoError } from "../core/bento-error.ts";
import type { BentoManifest } from "../core/bento-manifest.ts";
import type { Deployment } from "../core/deployment.ts";
import { isNoop, type Plan } from "../core/plan.ts";
import { type OnProgress, silent } from "../core/progress.ts";
import { runStep } from "../core/run-step.ts";
import { formatTag } from "../core/tag.ts";
import { withLock } from "./lock.ts";
import { type Prepared, prepare } from "./plan.ts";
import { contextOf } from "./records.ts";
import { rollBack } from "./roll-back.ts";
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
  { adapter, desired, key }: Prepared,
  { runtime, verify }: { runtime: DeployRuntime; verify: boolean },
): Promise<Applied> {
  const { store, home } = runtime;
  const latest = await store.deployments.latest(key);
  const context = contextOf(key, latest, runtime);
  refuseStale(plan, adapter.plan(desired, await adapter.observe(context, desired)));
  if (isNoop(plan)) {
    return { deployment: await unchanged(plan, runtime), isChanged: false, goldenCount: 0 };
  }
  const step = { step: "prepare", now: clockOf(runtime) };
  const directory = await runStep(progress(runtime), step, () =>
    store.bentos.materialise(plan.bento, join(home, "cache")),
  );
  const rollout = expectRollout(adapter);
  const run = { rollout, request: { plan, desired, directory }, context, runtime, latest };
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
    if (verify) {
      const { directory } = request;
      goldenCount = await runStep(
        progress(runtime),
        {
          step: "verify",
          now,
          detail: (count) => `${count} golden request${count === 1 ? "" : "s"} answered rightly`,
        },
        () => verifyCandidate({ candidate: started, directory, tag, signal: runtime.signal }),
      );
    }
    runtime.signal?.throwIfAborted();
    standing = await runStep(progress(runtime), { step: "traffic", now }, () =>
      rollout.traffic(started, request, context),
    );
  } catch (error) {
    throw await rollBack(error, candidate, run);
  }
  const deployment = recordOf(run, { ...standing, outcome: "succeeded", verified: verify });
  await runtime.store.deployments.append(deployment, { after: run.latest ?? null });
  return { deployment, isChanged: true, goldenCount };
}

function progress({ onProgress = silent }: DeployRuntime): OnProgress {
  return onProgress;
}

function requestOf(plan: Plan, manifest: BentoManifest) {
  const { platform, environment, name, image, options, variables, canary } = plan;
  return { platform, environment, name, manifest, image, options, variables, canary };
}

async function unchanged(plan: Plan, runtime: DeployRuntime): Promise<Deployment> {
  const record = await runtime.store.deployments.running(plan);
  if (record === undefined) {
    throw new BentoError("BENTO_BUG", `a plan with nothing to do for ${plan.name}, never deployed`);
  }
  return record;
}

function expectRollout({ rollout, platform }: Adapter): Rollout {
  if (rollout === undefined) {
    throw new BentoError("BENTO_BUG", `${platform} says that it applies plans and cannot`);
  }
  return rollout;
}

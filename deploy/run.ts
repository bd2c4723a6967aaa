/**
 * One run of the engine: what it was given, and the record that it leaves.
 *
 * @module
 */
import type { ApplyRequest, DeployContext, Rollout, Standing } from "../adapters/adapter.ts";
import type { Deployment } from "../core/deployment.ts";
import { planDigest } from "../core/plan.ts";
import type { DeployRuntime } from "./runtime.ts";

/** All that one run of the engine needs. */
export interface Run {
  readonly rollout: Rollout;
  readonly request: ApplyRequest;
  readonly context: DeployContext;
  readonly runtime: DeployRuntime;
  /** The newest record when the run began: what it writes must follow on it. */
  readonly latest: Deployment | undefined;
}

/** The record of a run with its outcome. */
export function recordOf(
  { request: { plan }, runtime }: Run,
  {
    details,
    url,
    ...outcome
  }: Standing & Pick<Deployment, "outcome" | "verified"> & { message?: string },
): Deployment {
  return {
    schema: 1,
    platform: plan.platform,
    environment: plan.environment,
    name: plan.name,
    at: runtime.now().toISOString(),
    ...(runtime.by === undefined ? {} : { by: runtime.by }),
    plan: planDigest(plan),
    bento: plan.bento,
    ...(plan.image === undefined ? {} : { image: plan.image }),
    ...outcome,
    ...(plan.canary === undefined || outcome.outcome !== "succeeded"
      ? {}
      : { canary: plan.canary }),
    ...(url === undefined ? {} : { url }),
    details,
  };
}

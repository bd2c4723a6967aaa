/**
 * What has to change on ECS: the repository, the image in it, the stack, the version in it and how it gets its traffic.
 *
 * @module
 */
import { canonicalJson } from "../../core/canonical-json.ts";
import { digestOf } from "../../core/digest.ts";
import type { Plan, PlanAction } from "../../core/plan.ts";
import { ECS_CONSTRUCTS, type EcsAppSpec } from "../../infra/ecs-spec.ts";
import type { Desired } from "../adapter.ts";
import { stackState } from "../aws/stack-state.ts";
import { noop, planOf } from "../plan-of.ts";
import type { EcsObserved, EcsObservedStack } from "./observed.ts";
import type { AwsEcsGpuOptions } from "./options.ts";
import {
  createAction,
  deleteAction,
  pushAction,
  registryAction,
  releaseActions,
  returnAction,
  stackOf,
  updateAction,
} from "./plan-actions.ts";
import { refuseOccupied } from "./plan-refusals.ts";
import { planWarnings } from "./plan-warnings.ts";
import { changedKeys, changesSettings, changesTasks } from "./stack-settings.ts";
import { AWS_ECS_GPU, ecsTarget } from "./target.ts";

/**
 * @param observed - undefined plans as if nothing stood
 * @throws BentoError BENTO_INVALID_INPUT with everything that ECS would not take; BENTO_CONFLICT when the stack is another
 * bento's, waits for a word or is stuck
 */
export function planAwsEcsGpu(
  desired: Desired<AwsEcsGpuOptions>,
  observed: EcsObserved | undefined,
): Plan {
  const target = ecsTarget(desired, observed);
  refuseOccupied(target, desired, observed);
  const actions = actionsOf(target, desired, observed);
  return planOf(AWS_ECS_GPU, desired, {
    actions: actions.length === 0 ? [noop(stackOf(target))] : actions,
    warnings: planWarnings(target, observed, desired.options),
    basis: basisOf(observed),
  });
}

function actionsOf(
  target: EcsAppSpec,
  desired: Desired,
  observed: EcsObserved | undefined,
): PlanAction[] {
  return [
    ...(observed?.hasRepository === true ? [] : [registryAction(target)]),
    ...(observed?.hasImage === true ? [] : [pushAction(target, desired, observed)]),
    ...stackActions(target, observed),
  ];
}

function stackActions(target: EcsAppSpec, observed: EcsObserved | undefined): PlanAction[] {
  const stack = observed?.stack;
  const state = stackState(stack?.status);
  if (stack === undefined || state === "absent") {
    return [createAction(target, "nothing stands there"), ...releaseActions(target, undefined)];
  }
  if (state === "unborn") {
    return [
      deleteAction(target, stack),
      createAction(target, "what failed to be made takes no updates"),
      ...releaseActions(target, undefined),
    ];
  }
  return standingActions(target, { ...observed, stack });
}

function standingActions(
  target: EcsAppSpec,
  { stack, service }: Pick<EcsObserved, "service"> & { readonly stack: EcsObservedStack },
): PlanAction[] {
  const { spec } = stack;
  if (spec === undefined) {
    return [updateAction(target, undefined, ["its template does not say what it was made from"])];
  }
  const keys = changedKeys(spec, target);
  const reasons = keys.map((key) => `${key} changes`);
  if (stack.constructs !== ECS_CONSTRUCTS) {
    reasons.push("it was made by another version of the constructs");
  }
  if (stackState(stack.status) === "busy") {
    reasons.push(`CloudFormation is at work on it (${stack.status}), which is waited for`);
  }
  const isSettings = changesSettings(keys) || reasons.length > keys.length;
  const isOther = service?.imageDigest !== undefined && service.imageDigest !== target.imageDigest;
  return [
    ...(isSettings ? [updateAction(target, spec, reasons)] : []),
    ...(changesTasks(keys) ? releaseActions(target, spec) : []),
    ...(reasons.length === 0 && isOther ? [returnAction(target, service.imageDigest)] : []),
  ];
}

/** Counts of tasks are left out: scaling changes them all the time. */
function basisOf(observed: EcsObserved | undefined): Plan["basis"] {
  if (observed === undefined) {
    return { observed: "nothing: AWS was not asked" };
  }
  const { account, region, hasRepository, hasImage, stack, service } = observed;
  return {
    account,
    region,
    hasRepository,
    hasImage,
    stack:
      stack === undefined
        ? "absent"
        : {
            id: stack.id,
            status: stack.status,
            spec: stack.spec === undefined ? "unknown" : digestOf(canonicalJson(stack.spec)),
            constructs: stack.constructs ?? "unknown",
          },
    ...(service?.imageDigest === undefined ? {} : { runs: service.imageDigest }),
  };
}

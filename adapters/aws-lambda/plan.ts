/**
 * What has to change on AWS: the repository, the image in it, the stack of the function, and the version that `live`
 * points to. Settings and versions are actions of their own: neither hides in the other.
 *
 * @module
 */
import type { Plan } from "../../core/plan.ts";
import type { Desired } from "../adapter.ts";
import { noop, planOf } from "../plan-of.ts";
import { type Decision, decide } from "./decide.ts";
import type { LambdaObserved } from "./observed.ts";
import type { AwsLambdaOptions } from "./options.ts";
import { planActions } from "./plan-actions.ts";
import { planWarnings } from "./plan-warnings.ts";
import { refuseLambda } from "./refuse.ts";
import { AWS_LAMBDA } from "./target.ts";

/**
 * @param observed - what stands; undefined plans as if nothing did
 * @throws BentoError BENTO_INVALID_INPUT with everything that Lambda would not take; BENTO_CONFLICT for what is another's
 */
export function planAwsLambda(
  desired: Desired<AwsLambdaOptions>,
  observed: LambdaObserved | undefined,
): Plan {
  const decision = decide(desired, observed);
  refuseLambda(desired, observed, decision);
  const actions = planActions(desired, observed, decision);
  return planOf(AWS_LAMBDA, desired, {
    actions: actions.length === 0 ? [noop(liveOf(decision))] : actions,
    warnings: planWarnings(desired, observed, decision),
    basis: basisOf(observed),
  });
}

function liveOf({ spec }: Decision): string {
  return `AWS::Lambda::Alias ${spec.settings.functionName}:live`;
}

/** Whatever of what stands would make this another plan. */
function basisOf(observed: LambdaObserved | undefined): Plan["basis"] {
  if (observed === undefined) {
    return { observed: "nothing: AWS was not asked" };
  }
  const { account, region, alias, stack, repository } = observed;
  return {
    account,
    region,
    function:
      observed.function === undefined
        ? null
        : {
            revision: observed.function.revisionId,
            image: observed.function.image ?? null,
            spec: observed.function.spec ?? null,
          },
    alias:
      alias === undefined
        ? null
        : { revision: alias.revisionId, version: alias.version, others: { ...alias.others } },
    stack:
      stack === undefined
        ? null
        : stack === "not-asked"
          ? "not asked: the function's label says that its settings are as desired"
          : { id: stack.id, status: stack.status, template: stack.template },
    repository:
      repository === undefined
        ? "not asked: the function has the image"
        : { isThere: repository.isThere, hasImage: repository.hasImage },
  };
}

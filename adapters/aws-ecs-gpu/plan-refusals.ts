/**
 * When nothing can be planned: what stands is another bento's, waits for a word, or needs somebody to look.
 *
 * @module
 */
import { BentoError } from "../../core/bento-error.ts";
import type { EcsAppSpec } from "../../infra/ecs-spec.ts";
import type { Desired } from "../adapter.ts";
import { checkOwner, NAME_TAG } from "../aws/ownership.ts";
import { stackState } from "../aws/stack-state.ts";
import type { EcsObserved } from "./observed.ts";
import { verbLine } from "./verb-line.ts";

/**
 * @param place - of the deployment, for what to type next
 * @throws BentoError BENTO_CONFLICT
 */
export function refuseOccupied(
  target: EcsAppSpec,
  place: Pick<Desired, "name" | "environment">,
  observed: EcsObserved | undefined,
): void {
  const { stack, service, repositoryBento } = observed ?? {};
  // One without a label is the user's own, named by an option: images are put beside what is in it.
  if (repositoryBento !== undefined) {
    checkOwner(labelled(`repository ${target.repository}`, repositoryBento), target.bentoName);
  }
  const state = stackState(stack?.status);
  if (stack === undefined || state === "absent") {
    return;
  }
  checkOwner(labelled(`stack ${target.serviceStack}`, stack.bento), target.bentoName);
  if (state === "stuck") {
    throw new BentoError("BENTO_CONFLICT", `the stack is ${stack.status} and takes no update`, {
      where: `stack ${target.serviceStack}`,
      hint: `mend what its events name, then: aws cloudformation continue-update-rollback --stack-name ${target.serviceStack}`,
    });
  }
  if (service?.pausedAt !== undefined) {
    throw new BentoError("BENTO_CONFLICT", `a deployment waits at ${service.pausedAt}`, {
      where: `service ${target.serviceName}`,
      hint: `let it go on: ${verbLine("complete", place)}; or take it back: ${verbLine("abort", place)}`,
    });
  }
}

function labelled(what: string, bento: string | undefined) {
  return { what, tags: bento === undefined ? {} : { [NAME_TAG]: bento } };
}

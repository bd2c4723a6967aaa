/**
 * What somebody should know before a plan is applied and that does not stop it.
 *
 * @module
 */
import type { EcsAppSpec } from "../../infra/ecs-spec.ts";
import { stackState } from "../aws/stack-state.ts";
import { gpuDemand } from "./gpu-demand.ts";
import type { EcsObserved } from "./observed.ts";
import type { AwsEcsGpuOptions } from "./options.ts";

export function planWarnings(
  target: EcsAppSpec,
  observed: EcsObserved | undefined,
  { goldenTask }: Pick<AwsEcsGpuOptions, "goldenTask">,
): string[] {
  const state = stackState(observed?.stack?.status);
  return [
    ...(observed === undefined
      ? ["AWS was not asked what stands there; this is the plan of a first deploy"]
      : []),
    ...(state === "busy"
      ? [
          `CloudFormation is at work on ${target.serviceStack}: the deploy waits for its end first; bento deployment abort takes it back`,
        ]
      : []),
    ...gpuWarnings(target),
    ...(goldenTask
      ? [`golden requests are sent in a task of its own, which wants ${target.gpus} GPUs more`]
      : []),
    ...pauseWarnings(target),
    ...(target.certificate === undefined
      ? ["plain HTTP inside the network: set certificate for HTTPS"]
      : []),
  ];
}

function gpuWarnings(target: EcsAppSpec): string[] {
  const { atRest, duringRollout, atMost } = gpuDemand(target);
  if (target.rollout === "recreate") {
    return [
      `a rollout by recreate wants ${atRest} GPUs, ${atMost} at most, and nothing answers between two versions`,
    ];
  }
  const most = atMost > duringRollout ? `, ${atMost} at most with scaling` : "";
  return [
    `a rollout wants ${duringRollout} GPUs at once, old and new, ${atRest} at rest${most}; where the account's quota is less it waits in vain: set rollout=recreate`,
  ];
}

function pauseWarnings({ pauseAt }: EcsAppSpec): string[] {
  return pauseAt === undefined
    ? []
    : [
        `each new version waits at ${pauseAt} for bento deployment complete or abort; left alone it is taken back`,
      ];
}

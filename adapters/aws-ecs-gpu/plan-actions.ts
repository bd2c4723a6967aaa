/**
 * The steps of a plan on ECS, each with what was, what will be and why.
 *
 * @module
 */
import type { PlanAction } from "../../core/plan.ts";
import type { EcsAppSpec } from "../../infra/ecs-spec.ts";
import type { Desired } from "../adapter.ts";
import type { EcsObserved, EcsObservedStack } from "./observed.ts";
import {
  changedKeys,
  replacingKeys,
  rolloutSettings,
  stackSettings,
  taskSettings,
} from "./stack-settings.ts";

export function registryAction({ repository, registryStack }: EcsAppSpec): PlanAction {
  return {
    kind: "registry",
    resource: `AWS::ECR::Repository ${repository}`,
    after: {
      stack: registryStack,
      imageTagMutability: "IMMUTABLE",
      scanOnPush: true,
      deletionPolicy: "Retain",
    },
    reasons: ["tasks get their image from an ECR repository of their own account"],
    risk: "none",
  };
}

export function pushAction(
  target: EcsAppSpec,
  { image, manifest }: Desired,
  observed: EcsObserved | undefined,
): PlanAction {
  const account = target.account ?? observed?.account ?? "<account>";
  const region = target.region ?? observed?.region ?? "<region>";
  const { repository, imageDigest, tag } = target;
  const { platform, bytes, variant } = image ?? {};
  return {
    kind: "push",
    resource: `${account}.dkr.ecr.${region}.amazonaws.com/${repository}@${imageDigest}`,
    after: {
      digest: imageDigest,
      tag: manifest.version,
      ...(platform === undefined ? {} : { platform }),
      ...(bytes === undefined ? {} : { bytes }),
      ...(variant === undefined ? {} : { variant }),
    },
    reasons: [`the image of ${tag}`],
    risk: "none",
  };
}

export function deleteAction(target: EcsAppSpec, { status }: EcsObservedStack): PlanAction {
  return {
    kind: "delete",
    resource: stackOf(target),
    before: { status },
    reasons: ["its creation failed before; nothing of it runs"],
    risk: "destroys",
  };
}

export function createAction(target: EcsAppSpec, reason: string): PlanAction {
  return {
    kind: "create",
    resource: stackOf(target),
    after: stackSettings(target),
    reasons: [reason],
    risk: "none",
  };
}

export function updateAction(
  target: EcsAppSpec,
  before: EcsAppSpec | undefined,
  reasons: readonly string[],
): PlanAction {
  const replacing = before === undefined ? [] : replacingKeys(changedKeys(before, target));
  const isReplaced = replacing.length > 0;
  return {
    kind: isReplaced ? "replace" : "update",
    resource: stackOf(target),
    ...(before === undefined ? {} : { before: stackSettings(before) }),
    after: stackSettings(target),
    reasons: [
      ...reasons,
      ...replacing.map((key) => `${key} cannot be changed on what stands: another takes its place`),
    ],
    risk: isReplaced ? "interrupts" : "none",
  };
}

export function releaseActions(target: EcsAppSpec, before: EcsAppSpec | undefined): PlanAction[] {
  const isInterrupting = before !== undefined && target.rollout === "recreate";
  return [
    {
      kind: "version",
      resource: `AWS::ECS::TaskDefinition ${target.serviceName}`,
      ...(before === undefined ? {} : { before: taskSettings(before) }),
      after: taskSettings(target),
      reasons: [`a new revision for ${target.tag}`],
      risk: "none",
    },
    {
      kind: "traffic",
      resource: `AWS::ECS::Service ${target.serviceName}`,
      ...(before === undefined ? {} : { before: { image: before.imageDigest } }),
      after: { image: target.imageDigest, ...rolloutSettings(target) },
      reasons: [before === undefined ? "the first version" : rolloutReason(target)],
      risk: isInterrupting ? "interrupts" : "none",
    },
  ];
}

function rolloutReason({ rollout, rolloutPercent, rolloutBakeMinutes }: EcsAppSpec): string {
  switch (rollout) {
    case "recreate":
      return "the old tasks stop before the new ones start";
    case "canary":
      return `${rolloutPercent} % of the traffic first, the rest ${rolloutBakeMinutes} minutes later`;
    case "linear":
      return `${rolloutPercent} % of the traffic more every ${rolloutBakeMinutes} minutes`;
    case "blue-green":
      return `all of the traffic at once, the old tasks kept for ${rolloutBakeMinutes} minutes`;
    case "rolling":
      return "old tasks stop as new ones answer";
  }
}

export function returnAction(target: EcsAppSpec, running: string | undefined): PlanAction {
  return {
    kind: "traffic",
    resource: `AWS::ECS::Service ${target.serviceName}`,
    before: { image: running ?? "none" },
    after: { image: target.imageDigest, ...rolloutSettings(target) },
    reasons: ["somebody changed the service past its stack: it runs another image than that says"],
    risk: target.rollout === "recreate" ? "interrupts" : "none",
  };
}

export function stackOf({ serviceStack }: EcsAppSpec): string {
  return `AWS::CloudFormation::Stack ${serviceStack}`;
}

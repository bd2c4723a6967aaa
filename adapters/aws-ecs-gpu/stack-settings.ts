/**
 * A spec in CloudFormation's words, for people who read a plan, and which of it takes the place of what.
 *
 * @module
 */
import { canonicalJson } from "../../core/canonical-json.ts";
import type { EcsAppSpec } from "../../infra/ecs-spec.ts";
import { gpuDemand } from "./gpu-demand.ts";

type Key = keyof EcsAppSpec;

/** Each makes a new revision of the task definition. */
const TASK_KEYS: readonly Key[] = [
  "imageDigest",
  "gpus",
  "cpu",
  "memoryMb",
  "capacity",
  "taskRole",
  "executionRole",
  "environment",
  "secrets",
  "tag",
];

/** None of these can be changed on a service that stands: another takes its place. */
const REPLACING_KEYS: readonly Key[] = ["serviceName", "cluster", "capacity", "vpcId", "isPublic"];

/** Names of what differs, sorted. */
export function changedKeys(before: EcsAppSpec, after: EcsAppSpec): Key[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .map((key) => key as Key)
    .filter((key) => canonicalJson({ key: before[key] }) !== canonicalJson({ key: after[key] }))
    .sort();
}

/** Whether tasks have to be started anew. */
export function changesTasks(keys: readonly string[]): boolean {
  return TASK_KEYS.some((key) => keys.includes(key));
}

/** Those for which the service, or what stands before it, is made anew. */
export function replacingKeys(keys: readonly Key[]): Key[] {
  return REPLACING_KEYS.filter((key) => keys.includes(key));
}

/** Whether CloudFormation has more to do than a task definition and its service. */
export function changesSettings(keys: readonly string[]): boolean {
  return keys.some((key) => key !== "imageDigest" && key !== "tag");
}

/** What the stack's resources are set to, by their types. */
export function stackSettings(spec: EcsAppSpec) {
  return {
    "AWS::ECS::Cluster": { name: spec.cluster ?? "one of its own" },
    "AWS::ECS::CapacityProvider": {
      kind: spec.capacity,
      ...(spec.capacityProvider === undefined ? {} : { name: spec.capacityProvider }),
      instanceTypes: spec.instanceTypes,
      ...(spec.capacity === "asg" ? { amiId: spec.amiId ?? "none" } : { spot: spec.spot }),
    },
    "AWS::ECS::TaskDefinition": taskSettings(spec),
    "AWS::ECS::Service": serviceSettings(spec),
    "AWS::ElasticLoadBalancingV2::LoadBalancer": {
      scheme: spec.isPublic ? "internet-facing" : "internal",
      protocol: spec.certificate === undefined ? "HTTP" : "HTTPS",
      ...(spec.certificate === undefined ? {} : { certificate: spec.certificate }),
      timeoutSeconds: spec.timeoutSeconds,
    },
    "AWS::ApplicationAutoScaling::ScalableTarget": {
      minTasks: spec.minTasks,
      maxTasks: spec.maxTasks,
      requestsPerTask: spec.requestsPerTask ?? "not scaled on requests",
    },
    "AWS::Logs::LogGroup": { retentionInDays: spec.logRetentionDays, deletionPolicy: "Retain" },
    network: {
      vpcId: spec.vpcId,
      subnets: spec.subnets,
      ...(spec.isPublic ? { publicSubnets: spec.publicSubnets } : {}),
      securityGroups: spec.securityGroups.length === 0 ? "one of their own" : spec.securityGroups,
    },
  };
}

/** What one task is. */
export function taskSettings(spec: EcsAppSpec) {
  return {
    image: spec.imageDigest,
    gpus: spec.gpus,
    cpu: spec.cpu,
    memoryMb: spec.memoryMb,
    environment: { ...spec.environment },
    ...(Object.keys(spec.secrets).length === 0 ? {} : { secrets: { ...spec.secrets } }),
    taskRole: spec.taskRole ?? "one that may do nothing",
    executionRole: spec.executionRole ?? "one of its own",
  };
}

function serviceSettings(spec: EcsAppSpec) {
  return {
    serviceName: spec.serviceName,
    gpus: { ...gpuDemand(spec) },
    ...rolloutSettings(spec),
  };
}

/** How one version follows another. */
export function rolloutSettings(spec: EcsAppSpec) {
  return {
    rollout: spec.rollout,
    ...(spec.rolloutPercent === undefined ? {} : { percent: spec.rolloutPercent }),
    ...(spec.rolloutBakeMinutes === undefined ? {} : { bakeMinutes: spec.rolloutBakeMinutes }),
    ...(spec.pauseAt === undefined ? {} : { pauseAt: spec.pauseAt }),
  };
}

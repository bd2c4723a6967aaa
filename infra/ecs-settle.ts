/**
 * The settings of a {@link BentoEcsGpuServiceProps} with the defaults filled in, and all that is wrong with them. A value
 * that CloudFormation computes is not checked; where it has to be calculated with here, it is refused.
 *
 * @module
 */
import { Duration, Size, SizeRoundingBehavior, Token } from "aws-cdk-lib";
import { type SubnetSelection, SubnetType } from "aws-cdk-lib/aws-ec2";
import type { BentoEcsGpuServiceProps } from "./bento-ecs-gpu-service-props.ts";
import { BentoGpuCapacity } from "./ecs-capacity.ts";
import { gpuInstance, instanceProblems } from "./ecs-instances.ts";
import { ecsProblems } from "./ecs-limits.ts";
import type { RollbackLimits } from "./ecs-rollback-alarms.ts";
import { BentoRollout } from "./ecs-rollout.ts";
import { known } from "./known.ts";

export interface EcsSettled {
  readonly capacity: BentoGpuCapacity;
  readonly rollout: BentoRollout;
  readonly gpuCount: number;
  readonly cpu: number;
  readonly memoryMb: number;
  readonly temporaryMb: number;
  readonly minTasks: number;
  readonly maxTasks: number;
  /** Absent where scaling decides. */
  readonly desiredTasks: number | undefined;
  readonly requestTimeout: Duration;
  readonly startTimeout: Duration;
  readonly drain: Duration;
  /** After which ECS kills a task that was told to stop. */
  readonly stopTimeout: Duration;
  readonly limits: RollbackLimits;
  readonly isInternetFacing: boolean;
  readonly subnets: SubnetSelection;
  readonly loadBalancerSubnets: SubnetSelection;
  /** Each rule that is broken, one line each. */
  readonly problems: readonly string[];
}

type Values = Omit<EcsSettled, "problems" | "stopTimeout">;

/** @returns what to make, to be used only where there are no problems */
export function settle(props: BentoEcsGpuServiceProps): EcsSettled {
  const values = withDefaults(props);
  const problems = [
    ...unknownProblems(values),
    ...ecsProblems(checkedSettings(props, values)),
    ...capacityProblems(props, values),
    ...pairProblems(props),
  ];
  return {
    ...values,
    stopTimeout: problems.length > 0 ? values.drain : values.drain.plus(Duration.seconds(10)),
    problems,
  };
}

function withDefaults(props: BentoEcsGpuServiceProps): Values {
  const { minTasks = 1, requestTimeout = Duration.seconds(60) } = props;
  const { maxTasks = minTasks, startTimeout = Duration.minutes(5) } = props;
  const subnets = props.subnets ?? { subnetType: SubnetType.PRIVATE_WITH_EGRESS };
  const isInternetFacing = props.internetFacing ?? false;
  return {
    capacity: props.capacity ?? BentoGpuCapacity.managedInstances(),
    rollout: props.rollout ?? BentoRollout.canary(),
    gpuCount: props.gpuCount ?? 1,
    cpu: props.cpu ?? 2,
    memoryMb: mebibytes(props.memory ?? Size.gibibytes(8)),
    temporaryMb: mebibytes(props.temporaryStorage ?? Size.mebibytes(512)),
    minTasks,
    maxTasks,
    desiredTasks: maxTasks === minTasks ? minTasks : undefined,
    requestTimeout,
    startTimeout,
    drain: props.drain ?? Duration.seconds(30),
    limits: {
      errorPercent: props.errorPercentLimit ?? 5,
      p99: props.p99Limit ?? requestTimeout,
      startTimeout,
    },
    isInternetFacing,
    subnets,
    loadBalancerSubnets:
      props.loadBalancerSubnets ?? (isInternetFacing ? { subnetType: SubnetType.PUBLIC } : subnets),
  };
}

/** What is calculated with here must be a number here. */
function unknownProblems(values: Values): string[] {
  const { rollout, limits } = values;
  const isUnknown: readonly (readonly [string, boolean])[] = [
    ["cpu", Token.isUnresolved(values.cpu)],
    ["memory", Token.isUnresolved(values.memoryMb)],
    ["temporaryStorage", Token.isUnresolved(values.temporaryMb)],
    ["requestTimeout", values.requestTimeout.isUnresolved()],
    ["startTimeout", values.startTimeout.isUnresolved()],
    ["drain", values.drain.isUnresolved()],
    ["p99Limit", limits.p99.isUnresolved()],
    ["bake", rollout.step?.bake.isUnresolved() ?? false],
    ["bakeAfter", rollout.bakeAfter.isUnresolved()],
    ["pauseTimeout", rollout.pauseTimeout.isUnresolved()],
  ];
  return isUnknown
    .filter(([, isSo]) => isSo)
    .map(([name]) => `${name} that CloudFormation computes: a value that is known here`);
}

function checkedSettings(props: BentoEcsGpuServiceProps, values: Values) {
  const { rollout, limits } = values;
  const { environment = {}, secrets = {} } = props;
  return {
    serviceName: known(props.serviceName),
    gpuCount: known(values.gpuCount),
    cpu: known(values.cpu),
    memoryMb: known(values.memoryMb),
    temporaryMb: known(values.temporaryMb),
    minTasks: known(values.minTasks),
    maxTasks: known(values.maxTasks),
    maxGpus: known(props.maxGpus) ?? gpusOf(values.capacity),
    requestTimeoutSeconds: seconds(values.requestTimeout),
    startTimeoutSeconds: seconds(values.startTimeout),
    drainSeconds: seconds(values.drain),
    requestsPerTask: known(props.requestsPerTask),
    queueRowsPerTask: known(props.queueRowsPerTask),
    p99LimitSeconds: seconds(limits.p99),
    errorPercentLimit: known(limits.errorPercent),
    strategy: rollout.strategy,
    stepPercent: known(rollout.step?.percent),
    bakeMinutes: minutes(rollout.step?.bake),
    bakeAfterMinutes: minutes(rollout.bakeAfter),
    pauseTimeoutMinutes: minutes(rollout.pauseTimeout),
    maxHealthyPercent: rollout.maxHealthyPercent,
    environment: Object.fromEntries(
      Object.entries(environment).map(([name, value]) => [name, known(value) ?? ""]),
    ),
    secretNames: Object.keys(secrets),
  };
}

/** Those of an Auto Scaling group at its largest, where they are known. */
function gpusOf({ source }: BentoGpuCapacity): number | undefined {
  if (source.kind !== "auto-scaling-group" || Token.isUnresolved(source.maxInstances)) {
    return undefined;
  }
  const one = gpuInstance(source.instanceType.toString());
  return one === undefined ? undefined : one.gpus * source.maxInstances;
}

function capacityProblems(props: BentoEcsGpuServiceProps, values: Values): string[] {
  const { source } = values.capacity;
  if (source.kind === "existing") {
    return props.cluster === undefined
      ? [`capacity provider ${source.capacityProviderName} of no cluster: give the cluster too`]
      : [];
  }
  const problems: string[] = [];
  const isGroup = source.kind === "auto-scaling-group";
  if (isGroup && props.cluster !== undefined) {
    problems.push(
      "an Auto Scaling group of its own in a cluster that is there: its capacity providers would be replaced; " +
        "add the group to the cluster, and name it by BentoGpuCapacity.existing",
    );
  }
  if (isGroup && !(source.minInstances >= 0 && source.minInstances <= source.maxInstances)) {
    problems.push(
      `minInstances ${source.minInstances}: from 0 to maxInstances, ${source.maxInstances}`,
    );
  }
  const types = isGroup ? [source.instanceType.toString()] : source.allowedInstanceTypes;
  const needs = { gpus: values.gpuCount, cpus: values.cpu, memoryGib: values.memoryMb / 1024 };
  const isKnown = ![...types, ...Object.values(needs)].some((value) => Token.isUnresolved(value));
  return isKnown
    ? [...problems, ...instanceProblems(types, { ...needs, platform: props.image.platform })]
    : problems;
}

function pairProblems(props: BentoEcsGpuServiceProps): string[] {
  const { minTasks = 1, maxTasks = minTasks } = props;
  const isScaled = props.requestsPerTask !== undefined || props.queueRowsPerTask !== undefined;
  const rules: readonly (readonly [boolean, string])[] = [
    [
      props.internetFacing === true && props.certificate === undefined,
      "internetFacing without a certificate: give the certificate of its name",
    ],
    [
      props.logGroup !== undefined && props.logRetention !== undefined,
      "logRetention with a logGroup: set the retention on that log group",
    ],
    [
      props.queueRowsPerTask !== undefined && props.queueMetric === undefined,
      "queueRowsPerTask without a queueMetric: give bentoQueueRows({ serviceName, runnerName })",
    ],
    [
      props.queueMetric !== undefined && props.queueRowsPerTask === undefined,
      "queueMetric without queueRowsPerTask: give the rows of one task that scaling aims at",
    ],
    [
      isScaled && maxTasks === minTasks,
      `scaling between ${minTasks} and ${maxTasks} tasks: give a larger maxTasks`,
    ],
    [
      !isScaled && maxTasks !== minTasks,
      `maxTasks ${maxTasks} and nothing to scale by: give requestsPerTask or queueRowsPerTask`,
    ],
    [
      props.securityGroups?.length === 0 || props.loadBalancerSecurityGroups?.length === 0,
      "an empty list of security groups: leave it out for one that is made",
    ],
  ];
  return rules.filter(([isBroken]) => isBroken).map(([, problem]) => problem);
}

function mebibytes(size: Size): number {
  return size.toMebibytes({ rounding: SizeRoundingBehavior.NONE });
}

function seconds(duration: Duration): number | undefined {
  return duration.isUnresolved() ? undefined : duration.toSeconds({ integral: false });
}

function minutes(duration: Duration | undefined): number | undefined {
  return duration === undefined || duration.isUnresolved()
    ? undefined
    : duration.toMinutes({ integral: false });
}

/**
 * Turns a {@link BentoCompute} into what it is in a template: settings of the function, and the capacity provider that it
 * runs on. A value that CloudFormation computes is left unchecked.
 *
 * @module
 */
import { Annotations, Size } from "aws-cdk-lib";
import { type ISecurityGroup, type ISubnet, SecurityGroup } from "aws-cdk-lib/aws-ec2";
import { type IManagedPolicy, ManagedPolicy, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import {
  type Architecture,
  CapacityProvider,
  CfnFunction,
  type DockerImageFunction,
  type ICapacityProvider,
  InstanceTypeFilter,
  ScalingOptions,
  TargetTrackingScalingPolicy,
} from "aws-cdk-lib/aws-lambda";
import type { Construct } from "constructs";
import { BentoError } from "../core/bento-error.ts";
import type { Profile } from "../core/profile.ts";
import type { ManagedInstancesProps } from "./bento-compute.ts";
import { versionProblems } from "./compute-limits.ts";
import { given } from "./given.ts";
import { refuseLambdaProblems } from "./lambda-limits.ts";
import { managedConcurrency } from "./lambda-sizing.ts";

/** What a capacity provider is made with, beside what its user says of it. */
export interface CapacityContext {
  readonly architecture: Architecture;
  readonly permissionsBoundary: IManagedPolicy | undefined;
}

/** What the instances run on, and the groups that guard them. */
export interface Capacity {
  readonly provider: ICapacityProvider;
  /** None of a provider that was there already. */
  readonly securityGroups: readonly ISecurityGroup[];
}

/** Functions on each, in this app: each of them has a version there, and the versions before it that are kept. */
const VERSIONS = new WeakMap<ICapacityProvider, number>();

/** Memory for one vCPU where nothing is said, which is the least that Lambda gives. */
export const DEFAULT_MEMORY_PER_VCPU = Size.gibibytes(2);

/** Children of `scope`: the capacity provider with its role and security group, where none is given. */
export function makeCapacity(
  scope: Construct,
  compute: ManagedInstancesProps,
  { architecture, permissionsBoundary }: CapacityContext,
): Capacity {
  if (compute.capacityProvider !== undefined) {
    return { provider: compute.capacityProvider, securityGroups: [] };
  }
  const securityGroups = compute.securityGroups ?? [makeSecurityGroup(scope, compute)];
  const { instanceTypes, targetCpuUtilization, maxVCpus, encryptionKey } = compute;
  const provider = new CapacityProvider(scope, "Capacity", {
    subnets: [...subnetsOf(compute)],
    securityGroups: [...securityGroups],
    architectures: [architecture],
    operatorRole: compute.operatorRole ?? makeOperatorRole(scope, permissionsBoundary),
    ...given({ maxVCpuCount: maxVCpus, kmsKey: encryptionKey }),
    ...(instanceTypes === undefined
      ? {}
      : { instanceTypeFilter: InstanceTypeFilter.allow([...instanceTypes]) }),
    ...(targetCpuUtilization === undefined
      ? {}
      : {
          scalingOptions: ScalingOptions.manual([
            TargetTrackingScalingPolicy.cpuUtilization(targetCpuUtilization),
          ]),
        }),
  });
  return { provider, securityGroups };
}

/** Subnets of its own capacity provider, as far as they are known. */
export function subnetsOf({ subnets, vpc }: ManagedInstancesProps): readonly ISubnet[] {
  return subnets ?? vpc?.privateSubnets ?? [];
}

/** Puts the function on managed instances. Nothing runs there but versions. */
export function attachCapacity(
  lambda: DockerImageFunction,
  provider: ICapacityProvider,
  {
    maxConcurrency,
    memoryPerVCpu,
  }: { readonly maxConcurrency: number; readonly memoryPerVCpu: Size },
): void {
  Annotations.of(lambda).addInfo(
    "on managed instances for good: a function can change its capacity provider, not leave it",
  );
  const versions = (VERSIONS.get(provider) ?? 0) + 1;
  VERSIONS.set(provider, versions);
  refuseLambdaProblems(versionProblems(versions), provider.node.path);
  const resource = functionResource(lambda);
  resource.capacityProviderConfig = {
    lambdaManagedInstancesCapacityProviderConfig: {
      capacityProviderArn: provider.capacityProviderArn,
      perExecutionEnvironmentMaxConcurrency: maxConcurrency,
      executionEnvironmentMemoryGiBPerVCpu: memoryPerVCpu.toGibibytes(),
    },
  };
  resource.publishToLatestPublished = false;
}

/** Requests at once in an environment: what the user says, else what the profile says. */
export function concurrencyOf(
  { maxConcurrency, memoryPerVCpu = DEFAULT_MEMORY_PER_VCPU }: ManagedInstancesProps,
  { memory, profile }: { readonly memory: Size; readonly profile: Profile | undefined },
): number {
  const isKnown = !memory.isUnresolved() && !memoryPerVCpu.isUnresolved();
  const vCpus = isKnown ? memory.toMebibytes() / memoryPerVCpu.toMebibytes() : 1;
  return maxConcurrency ?? managedConcurrency(profile, vCpus);
}

/** The resource behind the function, for what the library's class of the oldest version does not let through. */
export function functionResource(lambda: DockerImageFunction): CfnFunction {
  const resource = lambda.node.defaultChild;
  if (!(resource instanceof CfnFunction)) {
    throw new BentoError("BENTO_BUG", "a function without its resource", {
      where: lambda.node.path,
    });
  }
  return resource;
}

function makeSecurityGroup(scope: Construct, { vpc }: ManagedInstancesProps): SecurityGroup {
  if (vpc === undefined) {
    throw new BentoError("BENTO_INVALID_INPUT", "managed instances without security groups", {
      where: scope.node.path,
      hint: "give BentoCompute.managedInstances a vpc, or securityGroups beside the subnets",
    });
  }
  return new SecurityGroup(scope, "SecurityGroup", {
    vpc,
    description: "instances of a bento on AWS Lambda",
  });
}

function makeOperatorRole(scope: Construct, boundary: IManagedPolicy | undefined): Role {
  return new Role(scope, "OperatorRole", {
    assumedBy: new ServicePrincipal("lambda.amazonaws.com"),
    managedPolicies: [
      ManagedPolicy.fromAwsManagedPolicyName("AWSLambdaManagedEC2ResourceOperator"),
    ],
    ...given({ permissionsBoundary: boundary }),
  });
}

import { App, Duration, Size, Stack } from "aws-cdk-lib";
import { Subnet } from "aws-cdk-lib/aws-ec2";
import { ManagedPolicy, Role } from "aws-cdk-lib/aws-iam";
import { CapacityProvider } from "aws-cdk-lib/aws-lambda";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import { describe, expect, it } from "vitest";
import { BentoCompute, type ManagedInstancesProps } from "../../infra/bento-compute.ts";
import { BentoLambda } from "../../infra/bento-lambda.ts";
import type { BentoLambdaProps } from "../../infra/bento-lambda-props.ts";
import { existingVpc, irisImage } from "../support/lambda-stack.ts";

type Make = (stack: Stack) => Partial<BentoLambdaProps>;

function bentoOf(make: Make): BentoLambda {
  const stack = new Stack(new App(), "Shop");
  return new BentoLambda(stack, "Iris", { image: irisImage(stack), ...make(stack) });
}

const inVpc = (stack: Stack): ManagedInstancesProps => ({ vpc: existingVpc(stack) });

const shared = (stack: Stack) =>
  CapacityProvider.fromCapacityProviderName(stack, "Shared", "models");

describe("propsProblems", () => {
  it.each<[string, Make, string]>([
    [
      "managed instances without a network",
      () => ({ compute: BentoCompute.managedInstances({}) }),
      "managed instances without a network: give a vpc, subnets or a capacityProvider",
    ],
    [
      "subnets alone",
      (stack) => ({
        compute: BentoCompute.managedInstances({
          subnets: [Subnet.fromSubnetId(stack, "Subnet", "subnet-1")],
        }),
      }),
      "subnets without securityGroups: give them too, or the vpc",
    ],
    [
      "no subnets at all",
      (stack) => ({
        compute: BentoCompute.managedInstances({
          ...inVpc(stack),
          subnets: [],
          securityGroups: [],
        }),
      }),
      "subnets 0: a whole number from 1 to 16\nsecurity groups 0: a whole number from 1 to 5",
    ],
    [
      "two networks",
      (stack) => ({
        compute: BentoCompute.managedInstances({
          ...inVpc(stack),
          capacityProvider: shared(stack),
          maxVCpus: 12,
        }),
      }),
      "vpc with a capacityProvider: that one has its own\nmaxVCpus with a capacityProvider: that one has its own",
    ],
    [
      "the network of a function on managed instances",
      (stack) => ({ vpc: existingVpc(stack), compute: onShared(stack) }),
      "vpc with managed instances: give it to BentoCompute.managedInstances",
    ],
    [
      "little memory on managed instances",
      (stack) => ({ memory: Size.gibibytes(1), compute: onShared(stack) }),
      "memory 1024 MB: a whole number from 2048 to 32768 MB\nmemory 1024 MB at 2 GiB for each vCPU: one vCPU, 2048 MB, at least",
    ],
    [
      "much memory on managed instances",
      (stack) => ({ memory: Size.gibibytes(33), compute: onShared(stack) }),
      "memory 33792 MB: a whole number from 2048 to 32768 MB",
    ],
    [
      "less memory than one vCPU's",
      (stack) => ({
        memory: Size.gibibytes(4),
        compute: onShared(stack, { memoryPerVCpu: Size.gibibytes(8) }),
      }),
      "memory 4096 MB at 8 GiB for each vCPU: one vCPU, 8192 MB, at least",
    ],
    [
      "a ratio that there is not",
      (stack) => ({ compute: onShared(stack, { memoryPerVCpu: Size.gibibytes(3) }) }),
      "memory of 3 GiB for each vCPU: 2, 4, 8 GiB",
    ],
    [
      "a long time on managed instances",
      (stack) => ({ timeout: Duration.hours(2), compute: onShared(stack) }),
      "timeout 7200 s: a whole number from 1 to 5400 s",
    ],
    [
      "numbers out of range",
      (stack) => ({
        compute: onShared(stack, {
          maxConcurrency: 0,
          minEnvironments: -1,
          maxEnvironments: 15_001,
        }),
      }),
      "concurrency of an environment 0: a whole number from 1 to 1600\nleast environments -1: a whole number from 0 to 15000\nmost environments 15001: a whole number from 0 to 15000",
    ],
    [
      "more environments than at most",
      (stack) => ({ compute: onShared(stack, { minEnvironments: 3, maxEnvironments: 2 }) }),
      "least environments 3: at most the 2 of the most environments",
    ],
    [
      "a small capacity provider",
      (stack) => ({
        compute: BentoCompute.managedInstances({
          ...inVpc(stack),
          maxVCpus: 8,
          targetCpuUtilization: 120,
        }),
      }),
      "vCPUs 8: a whole number from 12 to 15000\nutilization 120 %: a whole number from 1 to 100 %",
    ],
    [
      "SnapStart and provisioned concurrency",
      () => ({ compute: BentoCompute.standard({ snapStart: true, provisionedConcurrency: 1 }) }),
      "SnapStart with provisioned concurrency 1: one of the two",
    ],
    [
      "SnapStart with a large /tmp",
      () => ({
        ephemeralStorage: Size.mebibytes(513),
        compute: BentoCompute.standard({ snapStart: true }),
      }),
      "SnapStart with a /tmp of 513 MB: 512 MB at most",
    ],
    [
      "no provisioned concurrency",
      () => ({ compute: BentoCompute.standard({ provisionedConcurrency: 0 }) }),
      "provisioned concurrency 0: a whole number from 1",
    ],
    [
      "more provisioned than reserved",
      () => ({
        compute: BentoCompute.standard({ provisionedConcurrency: 3, reservedConcurrency: 2 }),
      }),
      "provisioned concurrency 3: at most the 2 that are reserved",
    ],
    [
      "provisioned concurrency of an alias that never changes",
      () => ({
        traffic: "cli",
        compute: BentoCompute.standard({ provisionedConcurrency: 1 }),
      }),
      'provisionedConcurrency with traffic "cli": versions and alias are set by the API there',
    ],
    [
      "environments of a version that never changes",
      (stack) => ({ traffic: "cli", compute: onShared(stack, { minEnvironments: 1 }) }),
      'minEnvironments with traffic "cli": versions and alias are set by the API there',
    ],
    [
      "a boundary of a role that is there",
      (stack) => ({
        role: Role.fromRoleArn(stack, "Role", "arn:aws:iam::123456789012:role/mine"),
        permissionsBoundary: ManagedPolicy.fromAwsManagedPolicyName("Bound"),
      }),
      "permissionsBoundary with a role: set the boundary on that role",
    ],
    [
      "two logs",
      (stack) => ({ logGroup: LogGroup.fromLogGroupName(stack, "Log", "/a"), logRetention: 1 }),
      "logRetention with a logGroup: set the retention on that log group",
    ],
  ])("fails with %s", (_what, make, message) => {
    expect(() => bentoOf(make)).toThrow(
      expect.objectContaining({ code: "BENTO_INVALID_INPUT", where: "Shop/Iris", message }),
    );
  });

  it("fails when it is asked for connections and has no network", () => {
    expect(() => bentoOf(() => ({})).connections).toThrow(
      expect.objectContaining({ message: "a bento without a network of its own" }),
    );
  });
});

function onShared(stack: Stack, props: ManagedInstancesProps = {}): BentoCompute {
  return BentoCompute.managedInstances({ ...props, capacityProvider: shared(stack) });
}

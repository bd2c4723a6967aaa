/**
 * Everything that is wrong with the props of a {@link BentoLambda}, found before anything is made. What CloudFormation
 * computes cannot be checked here and is left out.
 *
 * @module
 */
import { type Size, SizeRoundingBehavior, Token } from "aws-cdk-lib";
import { BentoCompute, type ManagedInstancesProps } from "./bento-compute.ts";
import type { BentoLambdaProps } from "./bento-lambda-props.ts";
import { managedProblems, standardProblems } from "./compute-limits.ts";
import { known } from "./known.ts";
import { DEFAULT_MEMORY_PER_VCPU, subnetsOf } from "./lambda-compute.ts";
import type { Chosen } from "./lambda-defaults.ts";
import { LAMBDA_LIMITS, lambdaProblems, outOfRange } from "./lambda-limits.ts";
import { problemsOfQueue } from "./lambda-queue.ts";
import { urlProblems } from "./lambda-url.ts";

/** One line each; none where Lambda takes them. */
export function propsProblems(props: BentoLambdaProps, chosen: Chosen): string[] {
  const { settings } = props.compute ?? BentoCompute.standard();
  return [
    ...settingProblems(props, chosen),
    ...(settings.kind === "standard"
      ? standardProblems({
          reservedConcurrency: known(settings.reservedConcurrency),
          provisionedConcurrency: known(settings.provisionedConcurrency),
          snapStart: settings.snapStart,
          ephemeralStorageMb: mebibytes(chosen.ephemeralStorage),
        })
      : instanceProblems(settings, chosen)),
    ...(props.queue === undefined ? [] : problemsOfQueue(props.queue, chosen.timeout)),
    ...(props.url === undefined ? [] : urlProblems(props.url)),
    ...pairProblems(props),
  ];
}

function settingProblems(
  { functionName, compute }: BentoLambdaProps,
  { memory, timeout, ephemeralStorage, environment }: Chosen,
): string[] {
  const settings = compute?.settings;
  return lambdaProblems({
    compute: settings?.kind,
    functionName: known(functionName),
    memoryMb: mebibytes(memory),
    timeoutSeconds: timeout.isUnresolved() ? undefined : timeout.toSeconds({ integral: false }),
    ephemeralStorageMb: mebibytes(ephemeralStorage),
    reservedConcurrency:
      settings?.kind === "standard" ? known(settings.reservedConcurrency) : undefined,
    environment: Object.fromEntries(
      Object.entries(environment).map(([name, value]) => [
        name,
        Token.isUnresolved(value) ? "" : value,
      ]),
    ),
  });
}

function instanceProblems(compute: ManagedInstancesProps, { memory }: Chosen): string[] {
  const { memoryPerVCpu = DEFAULT_MEMORY_PER_VCPU } = compute;
  const perVCpu = mebibytes(memoryPerVCpu);
  return [
    ...managedProblems({
      memoryMb: mebibytes(memory),
      memoryGibPerVCpu: perVCpu === undefined ? undefined : perVCpu / 1024,
      maxConcurrency: known(compute.maxConcurrency),
      minEnvironments: known(compute.minEnvironments),
      maxEnvironments: known(compute.maxEnvironments),
      maxVCpus: known(compute.maxVCpus),
      targetCpuUtilization: known(compute.targetCpuUtilization),
    }),
    ...networkProblems(compute),
  ];
}

/** Props that say what a capacity provider of its own is to be. */
const OWN_CAPACITY = [
  "vpc",
  "subnets",
  "securityGroups",
  "instanceTypes",
  "maxVCpus",
  "targetCpuUtilization",
  "operatorRole",
  "encryptionKey",
] as const;

function networkProblems(compute: ManagedInstancesProps): string[] {
  if (compute.capacityProvider !== undefined) {
    return OWN_CAPACITY.filter((name) => compute[name] !== undefined).map(
      (name) => `${name} with a capacityProvider: that one has its own`,
    );
  }
  const { vpc, subnets, securityGroups } = compute;
  if (vpc === undefined && subnets === undefined) {
    return ["managed instances without a network: give a vpc, subnets or a capacityProvider"];
  }
  const { managed } = LAMBDA_LIMITS;
  const own = subnetsOf(compute);
  const problems = [
    Token.isUnresolved(own) ? [] : outOfRange("subnets", own.length, managed.subnets),
    outOfRange("security groups", securityGroups?.length, managed.securityGroups),
  ].flat();
  if (vpc === undefined && securityGroups === undefined) {
    problems.push("subnets without securityGroups: give them too, or the vpc");
  }
  return problems;
}

function pairProblems(props: BentoLambdaProps): string[] {
  const { logGroup, logRetention, vpc, securityGroups, role, permissionsBoundary } = props;
  const settings = props.compute?.settings;
  const problems = architectureProblems(props);
  if (logGroup !== undefined && logRetention !== undefined) {
    problems.push("logRetention with a logGroup: set the retention on that log group");
  }
  if (securityGroups !== undefined && vpc === undefined) {
    problems.push("securityGroups without a vpc: give the vpc too");
  }
  if (vpc !== undefined && settings?.kind === "managedInstances") {
    problems.push("vpc with managed instances: give it to BentoCompute.managedInstances");
  }
  if (
    role !== undefined &&
    permissionsBoundary !== undefined &&
    settings?.kind !== "managedInstances"
  ) {
    problems.push("permissionsBoundary with a role: set the boundary on that role");
  }
  return [...problems, ...(props.traffic === "cli" ? frozenProblems(props) : [])];
}

function architectureProblems({ architecture, image }: BentoLambdaProps): string[] {
  const own = image.platform === "linux/arm64" ? "arm64" : "x86_64";
  return image.platform === undefined || architecture === undefined || architecture.name === own
    ? []
    : [`architecture ${architecture.name}: the image is for ${own}`];
}

/** With `traffic: "cli"` the template of version and alias must never change. */
function frozenProblems({ compute }: BentoLambdaProps): string[] {
  const settings = compute?.settings ?? BentoCompute.standard().settings;
  const names =
    settings.kind === "standard"
      ? (["provisionedConcurrency"] as const).filter((name) => settings[name] !== undefined)
      : (["minEnvironments", "maxEnvironments"] as const).filter(
          (name) => settings[name] !== undefined,
        );
  return names.map(
    (name) => `${name} with traffic "cli": versions and alias are set by the API there`,
  );
}

function mebibytes(size: Size): number | undefined {
  return size.isUnresolved()
    ? undefined
    : size.toMebibytes({ rounding: SizeRoundingBehavior.NONE });
}

/**
 * What of a spec are values of the constructs' own: where GPUs come from, how versions follow one another, secrets.
 *
 * @module
 */
import { Duration, type Stack } from "aws-cdk-lib";
import { InstanceType, MachineImage } from "aws-cdk-lib/aws-ec2";
import { Secret as TaskSecret } from "aws-cdk-lib/aws-ecs";
import { Secret } from "aws-cdk-lib/aws-secretsmanager";
import { StringParameter } from "aws-cdk-lib/aws-ssm";
import { BentoGpuCapacity } from "./ecs-capacity.ts";
import { BentoRollout, type BentoShiftOptions } from "./ecs-rollout.ts";
import { type EcsAppSpec, parameterName } from "./ecs-spec.ts";

/** An instance holds one task at least, so that the group needs no more instances than tasks. */
export function capacityOf(spec: EcsAppSpec): BentoGpuCapacity {
  const { capacity, instanceTypes, amiId = "", region = "", spot, maxTasks } = spec;
  const [type = ""] = instanceTypes;
  if (spec.capacityProvider !== undefined) {
    return BentoGpuCapacity.existing({
      capacityProviderName: spec.capacityProvider,
      isManagedInstances: capacity === "managed-instances",
    });
  }
  return capacity === "managed-instances"
    ? BentoGpuCapacity.managedInstances({ allowedInstanceTypes: instanceTypes, spot })
    : BentoGpuCapacity.autoScalingGroup({
        instanceType: new InstanceType(type),
        machineImage: MachineImage.genericLinux({ [region]: amiId }),
        maxInstances: rolloutOf(spec).peakTasks(maxTasks),
      });
}

export function rolloutOf(spec: EcsAppSpec): BentoRollout {
  const { rollout, rolloutPercent: percent = 0, rolloutBakeMinutes = 0, pauseAt } = spec;
  const bake = Duration.minutes(rolloutBakeMinutes);
  const shift: BentoShiftOptions = {
    bakeAfter: bake,
    ...(pauseAt === undefined ? {} : { pauseAt: [pauseAt] }),
    ...(spec.pauseMinutes === undefined
      ? {}
      : { pauseTimeout: Duration.minutes(spec.pauseMinutes) }),
  };
  switch (rollout) {
    case "canary":
      return BentoRollout.canary({ ...shift, percent, bake });
    case "linear":
      return BentoRollout.linear({ ...shift, percent, bake });
    case "blue-green":
      return BentoRollout.blueGreen(shift);
    case "rolling":
      return BentoRollout.rolling();
    case "recreate":
      return BentoRollout.recreate();
  }
}

/** By variable. */
export function secretsOf(stack: Stack, { secrets }: EcsAppSpec): Record<string, TaskSecret> {
  return Object.fromEntries(
    Object.entries(secrets).map(([name, arn]) => {
      const parameter = parameterName(arn);
      const id = `Secret${name}`;
      return [
        name,
        parameter === undefined
          ? TaskSecret.fromSecretsManager(Secret.fromSecretCompleteArn(stack, id, arn))
          : TaskSecret.fromSsmParameter(
              StringParameter.fromSecureStringParameterAttributes(stack, id, {
                parameterName: parameter,
              }),
            ),
      ];
    }),
  );
}

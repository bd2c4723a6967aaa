/**
 * What ECS would not take of a deployment's settings, all of it at once and before anything is written.
 *
 * @module
 */
import { isSecretName } from "../../core/secret-name.ts";
import type { EcsAppSpec } from "../../infra/ecs-spec.ts";
import { gpuDemand } from "./gpu-demand.ts";
import type { AwsEcsGpuOptions } from "./options.ts";

/** One line for each; none when ECS takes them. */
export function settingProblems(target: EcsAppSpec, options: AwsEcsGpuOptions): string[] {
  return [
    ...networkProblems(target),
    ...taskProblems(target),
    ...rolloutProblems(target, options),
    ...accessProblems(target),
    ...environmentProblems(target),
    ...secretProblems(target),
    ...capacityProblems(target),
  ];
}

function networkProblems(target: EcsAppSpec): string[] {
  const { vpcId, subnets, publicSubnets, availabilityZones, isPublic, region } = target;
  const problems: string[] = [];
  if (vpcId === "") {
    problems.push("no vpcId: set the network that the tasks run in, e.g. vpcId=vpc-0a1b2c3d");
  }
  if (subnets.length < 2) {
    problems.push(
      `${subnets.length} subnets: 2 or more in different zones, e.g. subnets=subnet-0a1b2c3d,subnet-0a1b2c3e`,
    );
  }
  if (subnets.length !== availabilityZones.length) {
    problems.push(
      `${availabilityZones.length} availabilityZones for ${subnets.length} subnets: one for each, in their order`,
    );
  }
  const elsewhere = availabilityZones.filter((zone) => !zone.startsWith(region ?? ""));
  if (elsewhere.length > 0) {
    problems.push(`availabilityZones ${elsewhere.join(", ")}: not in ${region}, set those of it`);
  }
  if (isPublic && publicSubnets.length !== subnets.length) {
    problems.push(
      `${publicSubnets.length} publicSubnets for ${subnets.length} subnets: public needs one in each zone`,
    );
  }
  if (!isPublic && publicSubnets.length > 0) {
    problems.push("publicSubnets without public: leave them out, or set public=true");
  }
  return problems;
}

function taskProblems(target: EcsAppSpec): string[] {
  const { serviceName, minTasks, maxTasks, requestsPerTask } = target;
  const problems: string[] = [];
  if (!/^[A-Za-z0-9_-]{1,255}$/.test(serviceName)) {
    problems.push(`service name ${JSON.stringify(serviceName)}: 1 to 255 of A-Z a-z 0-9 _ -`);
  }
  if (minTasks > maxTasks) {
    problems.push(`minTasks ${minTasks}: at most maxTasks, ${maxTasks}`);
  }
  if (maxTasks > minTasks && requestsPerTask === undefined) {
    problems.push(`maxTasks ${maxTasks} without requestsPerTask: say what scaling aims at`);
  }
  return problems;
}

function capacityProblems(target: EcsAppSpec): string[] {
  const { capacity, amiId, region, instanceTypes, spot, maxGpus } = target;
  const { cluster, capacityProvider } = target;
  const problems: string[] = [];
  if (capacityProvider !== undefined && cluster === undefined) {
    problems.push(`capacityProvider ${capacityProvider} without its cluster: name that too`);
  }
  if (capacity === "managed-instances" && amiId !== undefined) {
    problems.push("amiId with capacity managed-instances: ECS chooses it; leave it out");
  }
  if (capacity === "asg" && capacityProvider === undefined) {
    if (cluster !== undefined) {
      problems.push(
        `capacity asg in the cluster ${cluster}: add the group to it yourself and name its capacityProvider`,
      );
    }
    if (amiId === undefined || region === undefined) {
      problems.push(
        "capacity asg without amiId and region: name a pinned ECS image for GPUs in it",
      );
    }
    if (instanceTypes.length !== 1 || instanceTypes.some((type) => type.includes("*"))) {
      problems.push(
        `instanceTypes ${instanceTypes.join(", ")}: capacity asg takes one, e.g. g6.xlarge`,
      );
    }
    if (spot) {
      problems.push("spot with capacity asg: leave it out, or use capacity managed-instances");
    }
  }
  const { atMost } = gpuDemand(target);
  if (maxGpus !== undefined && atMost > maxGpus) {
    problems.push(
      `maxGpus ${maxGpus}: ${target.rollout} may want ${atMost} at once; use rollout=recreate or fewer tasks`,
    );
  }
  return problems;
}

function rolloutProblems(target: EcsAppSpec, options: AwsEcsGpuOptions): string[] {
  const { rollout, rolloutPercent: percent } = target;
  const problems: string[] = [];
  const least = rollout === "canary" ? 0.1 : 3;
  if (percent !== undefined && (percent < least || percent > 100)) {
    problems.push(`rolloutPercent ${percent}: ${rollout} takes ${least} to 100`);
  }
  if (options.rolloutPercent !== undefined && percent === undefined) {
    problems.push(`rolloutPercent with rollout ${rollout}: it has no steps; use canary or linear`);
  }
  if (options.rolloutBakeMinutes !== undefined && target.rolloutBakeMinutes === undefined) {
    problems.push(
      `rolloutBakeMinutes with rollout ${rollout}: it does not wait; use canary, linear or blue-green`,
    );
  }
  if (options.pauseAt !== undefined && target.rolloutBakeMinutes === undefined) {
    problems.push(
      `pauseAt with rollout ${rollout}: it has no such stage; use canary, linear or blue-green`,
    );
  }
  return problems;
}

function accessProblems({ isPublic, certificate }: EcsAppSpec): string[] {
  return isPublic && certificate === undefined
    ? [
        "public without a certificate: set certificate=arn:aws:acm:…, nothing answers the internet in clear",
      ]
    : [];
}

/** What is called a secret would stand in clear in the template and in every plan. */
function secretProblems({ environment, secrets }: EcsAppSpec): string[] {
  return [
    ...Object.keys(environment)
      .filter((name) => isSecretName(name))
      .map((name) => `environment variable ${name} in clear: give --secret ${name}=ARN instead`),
    ...Object.entries(secrets)
      .filter(([, reference]) => !REFERENCE.test(reference))
      .map(
        ([name, reference]) =>
          `secret ${name}=${reference}: the ARN of a secret of Secrets Manager or a parameter of SSM`,
      ),
  ];
}

const REFERENCE =
  /^arn:aws[a-z-]*:(?:secretsmanager:[^:]+:\d{12}:secret:|ssm:[^:]+:\d{12}:parameter\/)./;

function environmentProblems({ environment, secrets }: EcsAppSpec): string[] {
  return Object.keys({ ...environment, ...secrets })
    .sort()
    .filter((name) => !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
    .map(
      (name) =>
        `environment variable ${JSON.stringify(name)}: letters, digits and _, no digit first`,
    );
}

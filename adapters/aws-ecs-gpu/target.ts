/**
 * What shall stand on ECS, every default written out: the one source of the plan, of the stacks and of the emitted app.
 *
 * @module
 */
import { BentoError } from "../../core/bento-error.ts";
import { cloudName } from "../../core/cloud-name.ts";
import type { PlannedImage } from "../../core/plan.ts";
import { formatTag } from "../../core/tag.ts";
import { parseMemory } from "../../core/units.ts";
import type { EcsAppSpec } from "../../infra/ecs-spec.ts";
import type { Desired } from "../adapter.ts";
import { DEFAULT_GPU_TYPE, instanceTypesFor } from "./gpu-types.ts";
import type { AwsEcsGpuOptions } from "./options.ts";
import { settingProblems } from "./setting-problems.ts";

export const AWS_ECS_GPU = "aws-ecs-gpu";

const STACK_NAME_CHARACTERS = 128;
const REPOSITORY_CHARACTERS = 256;

/** What the smallest instance with one GPU has, less what ECS keeps. */
const DEFAULT_CPU = 4;
const DEFAULT_MEMORY_MB = 15_360;

/** As in the handler, where a service says nothing. */
const DEFAULT_TIMEOUT_MS = 60_000;

const STEP_PERCENT = { canary: 10, linear: 25 } as const;
const BAKE_MINUTES = 5;
const PAUSE_MINUTES = 60;

/** Those that shift traffic between two sets of tasks; the others replace tasks one by one. */
export const SHIFTING: readonly EcsAppSpec["rollout"][] = ["canary", "linear", "blue-green"];

/** Where it goes, as AWS says. */
export interface EcsPlace {
  readonly account: string;
  readonly region: string;
}

/**
 * @param place - undefined where AWS was not asked
 * @throws BentoError BENTO_INVALID_INPUT with everything that is missing or that ECS would not take
 */
export function ecsTarget(desired: Desired<AwsEcsGpuOptions>, place?: EcsPlace): EcsAppSpec {
  const { options, manifest, name } = desired;
  const image = expectImage(desired);
  const gpus = manifest.resources.gpu ?? 0;
  const types = instanceTypes(desired, gpus);
  const target = given<EcsAppSpec>({
    bentoName: manifest.name,
    tag: formatTag(desired.bento),
    registryStack: registryStackName(manifest.name),
    serviceStack: serviceStackName(name),
    repository: repositoryName(manifest.name, options),
    imageDigest: image.digest,
    serviceName: options.serviceName ?? name,
    vpcId: options.vpcId ?? "",
    subnets: options.subnets,
    publicSubnets: options.publicSubnets,
    availabilityZones: options.availabilityZones,
    cluster: options.cluster,
    securityGroups: options.securityGroups,
    gpus,
    instanceTypes: typeof types === "string" ? [] : [...types],
    cpu: options.cpu ?? manifest.resources.cpu ?? DEFAULT_CPU,
    memoryMb: options.memoryMb ?? memoryMb(desired) ?? DEFAULT_MEMORY_MB,
    capacity: options.capacity,
    capacityProvider: options.capacityProvider,
    amiId: options.amiId,
    spot: options.spot,
    minTasks: options.minTasks,
    maxTasks: options.maxTasks ?? Math.max(1, options.minTasks),
    requestsPerTask: options.requestsPerTask,
    maxGpus: options.maxGpus,
    ...rolloutOf(options),
    pauseAt: options.pauseAt,
    pauseMinutes:
      options.pauseAt === undefined ? undefined : (options.pauseMinutes ?? PAUSE_MINUTES),
    startTimeoutMinutes: options.startTimeoutMinutes,
    isPublic: options.public,
    certificate: options.certificate,
    taskRole: options.taskRole,
    executionRole: options.executionRole,
    permissionsBoundary: options.permissionsBoundary,
    environment: { ...desired.variables },
    secrets: { ...desired.secrets },
    timeoutSeconds: Math.ceil((manifest.traffic.timeoutMs ?? DEFAULT_TIMEOUT_MS) / 1000),
    logRetentionDays: options.logRetentionDays,
    account: place?.account ?? options.account,
    region: place?.region ?? options.region,
  });
  const problems = [
    ...imageProblems(image),
    ...gpuProblems(gpus),
    ...(typeof types === "string" && gpus > 0 ? [types] : []),
    ...settingProblems(target, options),
  ];
  if (problems.length > 0) {
    throw new BentoError("BENTO_INVALID_INPUT", problems.join("\n"), {
      where: `${target.tag} on ${AWS_ECS_GPU}`,
      hint: "change these: options by --set key=value or in bentofile.yaml",
    });
  }
  return target;
}

/** The stack of the repository of a bento, whatever it is deployed as. */
export function registryStackName(bentoName: string): string {
  return cloudName(`bento-registry-${bentoName}`, STACK_NAME_CHARACTERS);
}

/** ECR repository of a bento's images. */
export function repositoryName(
  bentoName: string,
  { repository }: Pick<AwsEcsGpuOptions, "repository">,
): string {
  return repository ?? `bento/${cloudName(bentoName, REPOSITORY_CHARACTERS - 6)}`;
}

/** @param name - of the deployment */
export function serviceStackName(name: string): string {
  return cloudName(`bento-${name}`, STACK_NAME_CHARACTERS);
}

function instanceTypes({ options, manifest }: Desired<AwsEcsGpuOptions>, gpus: number) {
  const { instanceTypes: own, capacity } = options;
  const gpuType = options.gpuType ?? manifest.resources.gpuType ?? DEFAULT_GPU_TYPE;
  return own.length > 0 ? own : instanceTypesFor({ gpuType, gpus, capacity });
}

function memoryMb({ manifest }: Desired): number | undefined {
  const { memory } = manifest.resources;
  return memory === undefined ? undefined : Math.ceil(parseMemory(memory) / 2 ** 20);
}

/** Steps only where there are some, so that a setting without effect never makes two specs differ. */
function rolloutOf({ rollout, rolloutPercent, rolloutBakeMinutes }: AwsEcsGpuOptions) {
  return {
    rollout,
    rolloutPercent:
      rollout === "canary" || rollout === "linear"
        ? (rolloutPercent ?? STEP_PERCENT[rollout])
        : undefined,
    rolloutBakeMinutes: SHIFTING.includes(rollout)
      ? (rolloutBakeMinutes ?? BAKE_MINUTES)
      : undefined,
  };
}

function expectImage({ image }: Desired): PlannedImage {
  if (image === undefined) {
    throw new BentoError("BENTO_BUG", `${AWS_ECS_GPU} was asked to plan without an image`);
  }
  return image;
}

function imageProblems(image: PlannedImage): string[] {
  const problems: string[] = [];
  if (image.platform !== "linux/amd64") {
    problems.push(`image for ${image.platform}: instances with NVIDIA GPUs run linux/amd64`);
  }
  if (image.variant === "cpu") {
    problems.push(
      "image without CUDA: make it with bento containerize --variant cuda12, then --image oci:DIR",
    );
  }
  return problems;
}

function gpuProblems(gpus: number): string[] {
  return gpus > 0
    ? []
    : [
        "the service asks for no GPU: set resources: { gpu: 1 } in service.ts, or deploy it to aws-lambda",
      ];
}

/** Without what is undefined: specs are compared and stored as JSON. */
function given<Value extends object>(value: Value): Value {
  return Object.fromEntries(
    Object.entries(value).filter(([, item]) => item !== undefined),
  ) as Value;
}

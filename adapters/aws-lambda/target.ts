/**
 * What shall stand on AWS Lambda, every default written out: the one source of the plan, of the stacks and of the emitted
 * app.
 *
 * @module
 */
import { BentoError } from "../../core/bento-error.ts";
import { cloudName } from "../../core/cloud-name.ts";
import type { PlannedImage } from "../../core/plan.ts";
import { isSecretName } from "../../core/secret-name.ts";
import { formatTag } from "../../core/tag.ts";
import { formatBytes } from "../../core/units.ts";
import { given } from "../../infra/given.ts";
import { LAMBDA_LIMITS, lambdaProblems, refuseLambdaProblems } from "../../infra/lambda-limits.ts";
import { lambdaMemoryMb, lambdaTimeoutSeconds } from "../../infra/lambda-sizing.ts";
import {
  type LambdaAppSpec,
  type LambdaSettings,
  lambdaVariables,
} from "../../infra/lambda-spec.ts";
import type { Desired } from "../adapter.ts";
import { computeProblems, managedCompute, PROFILE_VARIABLE } from "./managed-compute.ts";
import type { AwsLambdaOptions } from "./options.ts";
import { queueProblems, queueSettings } from "./queue-settings.ts";

export const AWS_LAMBDA = "aws-lambda";

/** Lambda runs one image for one processor. */
const IMAGE_PLATFORMS = { x86_64: "linux/amd64", arm64: "linux/arm64" } as const;

const STACK_NAME_CHARACTERS = 128;
const REPOSITORY_CHARACTERS = 256;
const MANAGED_MEMORY_MB = 2048;

/** Keeps garbage short-lived where a small instance answers many requests. */
const NODE_OPTIONS = "--max-semi-space-size=2";

/** An image's place in full, where a user writes it so. */
const IN_FULL = /^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?\/(.+)$/;

/** Where it goes, as AWS says. */
export interface LambdaPlace {
  readonly account: string;
  readonly region: string;
  /** BENTO_PROFILE of the function that stands: it stays where a deploy brings none. */
  readonly profile?: string | undefined;
}

/**
 * @param place - undefined where AWS was not asked
 * @throws BentoError BENTO_INVALID_INPUT with everything that Lambda would not take
 */
export function lambdaTarget(
  desired: Desired<AwsLambdaOptions>,
  place?: LambdaPlace,
): LambdaAppSpec {
  const { options, manifest, name } = desired;
  const image = expectImage(desired);
  const tag = formatTag(desired.bento);
  const account = place?.account ?? options.account;
  const region = place?.region ?? options.region;
  const settings = settingsOf(desired, place);
  const repository = repositoryName(manifest.name, options);
  const problems = [
    ...lambdaProblems(limited(settings)),
    ...imageProblems(image, options.architecture),
    ...repositoryProblems(options, { account, region }),
    ...computeProblems(options),
    ...queueProblems(options, manifest),
    ...secretProblems(settings),
  ];
  refuseLambdaProblems(problems, `${tag} on ${AWS_LAMBDA}`);
  return {
    bentoName: manifest.name,
    registryStack: registryStackName(manifest.name),
    serviceStack: serviceStackName(name),
    repository,
    image: { repository, digest: image.digest, tag },
    settings,
    ...(account === undefined ? {} : { account }),
    ...(region === undefined ? {} : { region }),
  };
}

/** @param name - of the deployment */
export function serviceStackName(name: string): string {
  return cloudName(`bento-${name}`, STACK_NAME_CHARACTERS);
}

/** The stack of the repository of a bento, whatever it is deployed as. */
export function registryStackName(bentoName: string): string {
  return cloudName(`bento-registry-${bentoName}`, STACK_NAME_CHARACTERS);
}

function settingsOf(
  desired: Desired<AwsLambdaOptions>,
  place: LambdaPlace | undefined,
): LambdaSettings {
  const { options, manifest, name } = desired;
  const isManaged = options.compute === "managed-instances";
  const environment = environmentOf(desired, isManaged ? place?.profile : undefined);
  const wanted = lambdaMemoryMb(manifest.resources);
  const memoryMb = options.memoryMb ?? (isManaged ? Math.max(wanted, MANAGED_MEMORY_MB) : wanted);
  return {
    functionName: options.functionName ?? name,
    architecture: options.architecture,
    memoryMb,
    timeoutSeconds: options.timeoutSeconds ?? lambdaTimeoutSeconds(manifest.traffic),
    ephemeralStorageMb: options.ephemeralStorageMb,
    environment,
    secrets: { ...desired.secrets },
    ...given({ reservedConcurrency: options.reservedConcurrency }),
    logRetentionDays: options.logRetentionDays,
    compute: isManaged
      ? managedCompute(desired, { memoryMb, profile: environment[PROFILE_VARIABLE] })
      : { kind: "standard" },
    ...given({ queue: queueSettings(options) }),
    snapStart: options.snapStart,
    ...given({ roleArn: options.role, permissionsBoundaryArn: options.permissionsBoundary }),
    url: options.url,
  };
}

/** A profile means nothing where requests come one by one; so a new model version changes no setting there. */
function environmentOf(
  { options, variables }: Desired<AwsLambdaOptions>,
  standing: string | undefined,
): Record<string, string> {
  const { [PROFILE_VARIABLE]: profile = standing, ...others } = variables;
  if (options.compute === "standard") {
    return others;
  }
  return {
    NODE_OPTIONS,
    ...others,
    ...(profile === undefined ? {} : { [PROFILE_VARIABLE]: profile }),
  };
}

/** In the words of the rules. */
function limited({ compute, ...settings }: LambdaSettings) {
  const kind = compute.kind === "standard" ? compute.kind : "managedInstances";
  return { ...settings, environment: lambdaVariables(settings), compute: kind } as const;
}

/** ECR repository of a bento's images. */
export function repositoryName(
  bentoName: string,
  { repository }: Pick<AwsLambdaOptions, "repository">,
): string {
  return repository === undefined
    ? `bento/${cloudName(bentoName, REPOSITORY_CHARACTERS - 6)}`
    : (IN_FULL.exec(repository)?.[3] ?? repository);
}

function repositoryProblems(
  { repository = "" }: AwsLambdaOptions,
  place: { readonly account: string | undefined; readonly region: string | undefined },
): string[] {
  const [, account, region] = IN_FULL.exec(repository) ?? [];
  if (region !== undefined && place.region !== undefined && region !== place.region) {
    return [
      `image repository in ${region}: a function in ${place.region} runs images of ${place.region} alone; give the repository's name only and bento pushes there`,
    ];
  }
  return account !== undefined && place.account !== undefined && account !== place.account
    ? [
        `image repository of account ${account}: bento pushes to the function's own, ${place.account}`,
      ]
    : [];
}

function expectImage({ image }: Desired): PlannedImage {
  if (image === undefined) {
    throw new BentoError("BENTO_BUG", `${AWS_LAMBDA} was asked to plan without an image`);
  }
  return image;
}

function imageProblems(image: PlannedImage, architecture: "x86_64" | "arm64"): string[] {
  const problems: string[] = [];
  const wanted = IMAGE_PLATFORMS[architecture];
  if (image.platform !== wanted) {
    problems.push(`image for ${image.platform}: architecture ${architecture} runs ${wanted}`);
  }
  if (image.variant !== undefined && image.variant !== "cpu") {
    problems.push(`image for ${image.variant}: ${AWS_LAMBDA} has no GPUs; aws-ecs-gpu has`);
  }
  // Compressed layers past the limit can only be larger when they are unpacked.
  if (image.bytes > LAMBDA_LIMITS.imageBytes) {
    problems.push(
      `image of ${formatBytes(image.bytes)} compressed: ${formatBytes(LAMBDA_LIMITS.imageBytes)} at most, uncompressed`,
    );
  }
  return problems;
}

/** In clear they would stand in the template, in the function's settings and in every plan. */
function secretProblems({ environment, secrets }: LambdaSettings): string[] {
  const clear = Object.entries(environment)
    .filter(([name, value]) => isSecretName(name) && !REFERENCE.test(value))
    .map(([name]) => `environment variable ${name} in clear: give it as --secret ${name}=ARN`);
  const wrong = Object.entries(secrets)
    .filter(([, value]) => !REFERENCE.test(value))
    // not shown: it may be the secret itself
    .map(
      ([name]) =>
        `secret ${name} is no ARN of a secret of Secrets Manager or of a parameter of Systems Manager`,
    );
  return [...clear, ...wrong];
}

const REFERENCE =
  /^arn:aws[a-z-]*:(?:secretsmanager:[^:]+:\d{12}:secret:|ssm:[^:]+:\d{12}:parameter\/)./;

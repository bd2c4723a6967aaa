/**
 * What shall stand on AWS Lambda, every default written out: the one source of the plan and of the emitted app.
 *
 * @module
 */

import { BentoError } from "../../core/bento-error.ts";
import { cloudName } from "../../core/cloud-name.ts";
import type { PlannedImage } from "../../core/plan.ts";
import { formatTag } from "../../core/tag.ts";
import { formatBytes } from "../../core/units.ts";
import type { LambdaAppSpec } from "../../infra/lambda-app.ts";
import { LAMBDA_LIMITS, lambdaProblems, refuseLambdaProblems } from "../../infra/lambda-limits.ts";
import { lambdaMemoryMb, lambdaTimeoutSeconds } from "../../infra/lambda-sizing.ts";
import type { Desired } from "../adapter.ts";
import type { AwsLambdaOptions } from "./options.ts";

export const AWS_LAMBDA = "aws-lambda";

/** Lambda runs one image for one processor. */
const IMAGE_PLATFORMS = { x86_64: "linux/amd64", arm64: "linux/arm64" } as const;

const STACK_NAME_CHARACTERS = 128;
const REPOSITORY_CHARACTERS = 256;

/**
 * @throws BentoError BENTO_INVALID_INPUT with everything that Lambda would not take
 */
export function lambdaTarget(desired: Desired<AwsLambdaOptions>): LambdaAppSpec {
  const { options, manifest, name } = desired;
  const image = expectImage(desired);
  const target: LambdaAppSpec = {
    bentoName: manifest.name,
    tag: formatTag(desired.bento),
    registryStack: cloudName(`bento-registry-${manifest.name}`, STACK_NAME_CHARACTERS),
    serviceStack: cloudName(`bento-${name}`, STACK_NAME_CHARACTERS),
    repository:
      options.repository ?? `bento/${cloudName(manifest.name, REPOSITORY_CHARACTERS - 6)}`,
    imageDigest: image.digest,
    functionName: options.functionName ?? name,
    architecture: options.architecture,
    memoryMb: options.memoryMb ?? lambdaMemoryMb(manifest.resources),
    timeoutSeconds: options.timeoutSeconds ?? lambdaTimeoutSeconds(manifest.traffic),
    ephemeralStorageMb: options.ephemeralStorageMb,
    environment: { ...desired.variables },
    reservedConcurrency: options.reservedConcurrency,
    logRetentionDays: options.logRetentionDays,
    account: options.account,
    region: options.region,
  };
  const problems = [...lambdaProblems(target), ...imageProblems(image, options.architecture)];
  refuseLambdaProblems(problems, `${target.tag} on ${AWS_LAMBDA}`);
  return target;
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
  // Compressed layers past the limit can only be larger when they are unpacked.
  if (image.bytes > LAMBDA_LIMITS.imageBytes) {
    problems.push(
      `image of ${formatBytes(image.bytes)} compressed: ${formatBytes(LAMBDA_LIMITS.imageBytes)} at most, uncompressed`,
    );
  }
  return problems;
}

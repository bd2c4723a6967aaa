/**
 * Lambda's look at an image before a function is made from it: in ECR, in the same region, one manifest and no index.
 *
 * @module
 */
import { AwsFailure } from "../aws-call.ts";
import type { Caller } from "../dispatcher.ts";
import type { ResolvedImage } from "../lambda/lambda-context.ts";
import { asMembers, listOf, membersOf, textOf } from "../members.ts";
import type { EcrService } from "./ecr-service.ts";

const URI =
  /^(?<account>\d{12})\.dkr\.ecr\.(?<region>[\w-]+)\.amazonaws\.com(?:\.cn)?\/(?<repository>[a-z0-9._/-]+)(?:@(?<digest>sha256:[0-9a-f]{64})|:(?<tag>[\w.-]{1,128}))$/;

export interface ImageWorld {
  readonly account: string;
  /** Of the function. */
  readonly region: string;
  readonly ecr: EcrService;
  /** Acts with the rights of who makes the function. */
  readonly caller: Caller;
}

/** @throws AwsFailure InvalidParameterValueException or AccessDeniedException as Lambda words it */
export async function resolveImage(imageUri: string, world: ImageWorld): Promise<ResolvedImage> {
  const { account, region, ecr } = world;
  const parts = URI.exec(imageUri)?.groups;
  if (parts === undefined) {
    throw invalid(`Source image ${imageUri} is not valid. Provide a valid source image.`);
  }
  if (parts["region"] !== region) {
    throw invalid(
      `Source image ${imageUri} is not in the same region as the function. The image must be in ${region}.`,
    );
  }
  const reference = parts["digest"] ?? parts["tag"] ?? "";
  const image =
    parts["account"] === account
      ? await ecr.imageOf(parts["repository"] ?? "", reference)
      : undefined;
  if (image === undefined) {
    throw invalid(`Source image ${imageUri} does not exist. Provide a valid source image.`);
  }
  if (JSON.parse(textOf(image, "imageManifest") ?? "{}").manifests !== undefined) {
    throw invalid(
      `The image manifest, config or layer media type for the source image ${imageUri} is not supported.`,
    );
  }
  await letLambdaPull(parts["repository"] ?? "", world);
  const digest = textOf(membersOf(image, "imageId"), "imageDigest") ?? "";
  return { imageUri, digest };
}

/** Where the repository's policy does not let it pull, Lambda adds that itself, if the caller may. */
async function letLambdaPull(
  repositoryName: string,
  { ecr, caller }: Pick<ImageWorld, "ecr" | "caller">,
): Promise<void> {
  const policy = await ecr.policyOf(repositoryName);
  if (policy !== undefined && /"lambda\.amazonaws\.com"/.test(policy)) {
    return;
  }
  const statement = {
    Sid: "LambdaECRImageRetrievalPolicy",
    Effect: "Allow",
    Principal: { Service: "lambda.amazonaws.com" },
    Action: ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
  };
  const before = policy === undefined ? {} : asMembers(JSON.parse(policy));
  const Statement = [...listOf(before, "Statement"), statement];
  const policyText = JSON.stringify({ Version: "2012-10-17", ...before, Statement });
  const change = async () => {
    await caller.call("ecr", "GetRepositoryPolicy", { repositoryName }).catch(throwDenied);
    await caller.call("ecr", "SetRepositoryPolicy", { repositoryName, policyText });
  };
  await change().catch(() => {
    throw new AwsFailure(
      "AccessDeniedException",
      "Lambda does not have permission to access the ECR image. Check the ECR permissions.",
      403,
      { Type: "User" },
    );
  });
}

function throwDenied(error: unknown): void {
  if (error instanceof AwsFailure && /AccessDenied/.test(error.code)) {
    throw error;
  }
}

function invalid(message: string): AwsFailure {
  return new AwsFailure("InvalidParameterValueException", message, 400, { Type: "User" });
}

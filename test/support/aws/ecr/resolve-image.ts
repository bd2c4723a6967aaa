/**
 * Lambda's look at an image before a function is made from it: in ECR, in the same region, one manifest and no index.
 *
 * @module
 */
import { AwsFailure } from "../aws-call.ts";
import type { ResolvedImage } from "../lambda/lambda-context.ts";
import { membersOf, textOf } from "../members.ts";
import type { EcrService } from "./ecr-service.ts";

const URI =
  /^(?<account>\d{12})\.dkr\.ecr\.(?<region>[\w-]+)\.amazonaws\.com(?:\.cn)?\/(?<repository>[a-z0-9._/-]+)(?:@(?<digest>sha256:[0-9a-f]{64})|:(?<tag>[\w.-]{1,128}))$/;

/** @throws AwsFailure InvalidParameterValueException as Lambda words it */
export async function resolveImage(
  imageUri: string,
  { account, region, ecr }: { account: string; region: string; ecr: EcrService },
): Promise<ResolvedImage> {
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
  const digest = textOf(membersOf(image, "imageId"), "imageDigest") ?? "";
  return { imageUri, digest };
}

function invalid(message: string): AwsFailure {
  return new AwsFailure("InvalidParameterValueException", message, 400, { Type: "User" });
}

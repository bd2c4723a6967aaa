/**
 * The image of a bento in an ECR repository, by digest: a tag may move, and what is deployed must not.
 *
 * @module
 */
import type { IRepository } from "aws-cdk-lib/aws-ecr";
import { DockerImageCode } from "aws-cdk-lib/aws-lambda";
import { BentoError } from "../core/bento-error.ts";
import { type Digest, isDigest } from "../core/digest.ts";

export interface EcrImageProps {
  /** Repository that holds the image; in the function's region, for Lambda. */
  readonly repository: IRepository;
  /** `sha256:…` of the manifest, as `bento containerize` prints it. */
  readonly digest: string;
}

export class BentoImage {
  readonly repository: IRepository;
  readonly digest: Digest;

  /**
   * @throws BentoError BENTO_INVALID_INPUT when the digest is none; a tag is not taken
   */
  static fromEcr({ repository, digest }: EcrImageProps): BentoImage {
    if (!isDigest(digest)) {
      throw new BentoError(
        "BENTO_INVALID_INPUT",
        `not an image digest: ${JSON.stringify(digest)}`,
        {
          where: "BentoImage.fromEcr",
          hint: "give the digest that bento containerize prints: sha256: and 64 hex digits",
        },
      );
    }
    return new BentoImage(repository, digest);
  }

  private constructor(repository: IRepository, digest: Digest) {
    this.repository = repository;
    this.digest = digest;
  }

  /** As a Lambda function takes it. Entry point and command stay the image's own. */
  lambdaCode(): DockerImageCode {
    return DockerImageCode.fromEcr(this.repository, { tagOrDigest: this.digest });
  }
}

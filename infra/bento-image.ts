/**
 * The image of a bento in an ECR repository, by digest: a tag may move, and what is deployed must not.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import type { IRepository } from "aws-cdk-lib/aws-ecr";
import { ContainerImage } from "aws-cdk-lib/aws-ecs";
import { DockerImageCode } from "aws-cdk-lib/aws-lambda";
import { BentoError } from "../core/bento-error.ts";
import { type Digest, isDigest } from "../core/digest.ts";
import { type ImageLock, parseImageLock } from "../core/image-lock.ts";

export interface EcrImageProps {
  /** Repository that holds the image; in the function's region, for Lambda. */
  readonly repository: IRepository;
  /** `sha256:…` of the manifest, as `bento containerize` prints it. */
  readonly digest: string;
}

export interface LockedImageProps {
  /** Repository that holds the image; in the function's region, for Lambda. */
  readonly repository: IRepository;
}

export class BentoImage {
  readonly repository: IRepository;
  readonly digest: Digest;
  /** What it runs on, where that is known. */
  readonly platform: ImageLock["image"]["platform"] | undefined;

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

  /**
   * The image that `bento containerize --lock FILE` wrote down.
   *
   * @param file - path of bento.image.json
   * @throws BentoError BENTO_NOT_FOUND without the file, BENTO_INVALID_INPUT when it is none of ours
   */
  static fromLock(file: string, { repository }: LockedImageProps): BentoImage {
    const { digest, platform } = readLock(file).image;
    return new BentoImage(repository, digest, platform);
  }

  private constructor(
    repository: IRepository,
    digest: Digest,
    platform?: ImageLock["image"]["platform"],
  ) {
    this.repository = repository;
    this.digest = digest;
    this.platform = platform;
  }

  /** As a Lambda function takes it. Entry point and command stay the image's own. */
  lambdaCode(): DockerImageCode {
    return DockerImageCode.fromEcr(this.repository, { tagOrDigest: this.digest });
  }

  /** As an ECS task takes it. Entry point, command and user stay the image's own. */
  containerImage(): ContainerImage {
    return ContainerImage.fromEcrRepository(this.repository, this.digest);
  }
}

function readLock(file: string): ImageLock {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new BentoError("BENTO_NOT_FOUND", "no lock file of an image", {
      where: file,
      hint: `write it with bento containerize TAG --lock ${file}`,
      cause: error,
    });
  }
  return parseImageLock(text, file);
}

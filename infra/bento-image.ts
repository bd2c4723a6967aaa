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
import { Profile } from "../core/profile.ts";
import { parseTag } from "../core/tag.ts";

export interface LockedImageProps {
  /** Repository that holds the image; in the function's region, for Lambda. */
  readonly repository: IRepository;
  /**
   * Path of the profile.json that `bento profile` wrote for this bento: its server starts with the numbers, and how many
   * requests it takes at once follows from them.
   * @default - none: the server measures for itself
   */
  readonly profile?: string;
}

export interface EcrImageProps extends LockedImageProps {
  /** `sha256:…` of the manifest, as `bento containerize` prints it. */
  readonly digest: string;
  /**
   * Name of the bento, which its metrics are told apart by.
   * @default - unknown: there are no metrics of the service itself
   */
  readonly bentoName?: string;
}

export class BentoImage {
  readonly repository: IRepository;
  readonly digest: Digest;
  /** What it runs on, where that is known. */
  readonly platform: ImageLock["image"]["platform"] | undefined;
  /** Name of the bento in it, where that is known. */
  readonly bentoName: string | undefined;
  /** What `bento profile` measured, where that is known. */
  readonly profile: Profile | undefined;

  /**
   * @throws BentoError BENTO_INVALID_INPUT when the digest is none, a tag is not taken; as {@link fromLock} for a profile
   */
  static fromEcr({ repository, digest, bentoName, profile }: EcrImageProps): BentoImage {
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
    return new BentoImage({
      repository,
      digest,
      platform: undefined,
      bentoName,
      profile: readProfile(profile),
    });
  }

  /**
   * The image that `bento containerize --lock FILE` wrote down.
   *
   * @param file - path of bento.image.json
   * @throws BentoError BENTO_NOT_FOUND without the file, BENTO_INVALID_INPUT when it is none of ours
   */
  static fromLock(file: string, { repository, profile }: LockedImageProps): BentoImage {
    const { image, bento } = readLock(file);
    return new BentoImage({
      repository,
      digest: image.digest,
      platform: image.platform,
      bentoName: parseTag(bento.tag).name,
      profile: readProfile(profile),
    });
  }

  private constructor(
    image: Pick<BentoImage, "repository" | "digest" | "platform" | "bentoName" | "profile">,
  ) {
    this.repository = image.repository;
    this.digest = image.digest;
    this.platform = image.platform;
    this.bentoName = image.bentoName;
    this.profile = image.profile;
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
  const hint = `write it with bento containerize TAG --lock ${file}`;
  return parseImageLock(readText(file, { what: "lock file of an image", hint }), file);
}

function readProfile(file: string | undefined): Profile | undefined {
  if (file === undefined) {
    return undefined;
  }
  const hint = "write it with bento profile";
  const text = readText(file, { what: "profile", hint });
  try {
    return Profile.parse(JSON.parse(text));
  } catch (cause) {
    throw new BentoError("BENTO_INVALID_INPUT", "not a profile of a bento", {
      where: file,
      hint,
      cause,
    });
  }
}

function readText(file: string, { what, hint }: { what: string; hint: string }): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new BentoError("BENTO_NOT_FOUND", `no ${what}`, { where: file, hint, cause });
  }
}

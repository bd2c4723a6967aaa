/**
 * The image of the iris fixture: the digest stands in `bento.image.json`, which `bento containerize --lock` writes, and
 * the repository is the one of the registry stack.
 *
 * @module
 */
import { join } from "node:path";
import type { Stack } from "aws-cdk-lib";
import { Repository } from "aws-cdk-lib/aws-ecr";
import { BentoImage } from "bentokit/cdk";

export const REPOSITORY_NAME = "bento/iris-classifier";

/** By name, not by a reference between stacks: the image is pushed after one and before the other. */
export function irisImage(stack: Stack): BentoImage {
  return BentoImage.fromLock(join(import.meta.dirname, "bento.image.json"), {
    repository: Repository.fromRepositoryName(stack, "Images", REPOSITORY_NAME),
  });
}

/**
 * Where the images of the iris fixture are.
 *
 * @module
 */
import type { App } from "aws-cdk-lib";
import { BentoRegistry } from "bentokit/cdk";
import { REPOSITORY_NAME } from "./iris-image.ts";
import { newStack } from "./new-stack.ts";

export function addRegistryStack(app: App): void {
  const stack = newStack(app, {
    stackName: "bento-registry-iris-classifier",
    description: "Images of iris_classifier",
  });
  new BentoRegistry(stack, "Images", { repositoryName: REPOSITORY_NAME });
}

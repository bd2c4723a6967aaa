/**
 * Classic Lambda: one request per environment, scales to zero.
 *
 * @module
 */
import type { App } from "aws-cdk-lib";
import { BentoLambda } from "bentokit/cdk";
import { irisImage } from "./iris-image.ts";
import { newStack } from "./new-stack.ts";

export function addLambdaStack(app: App): void {
  const stack = newStack(app, {
    stackName: "iris-lambda",
    description: "iris_classifier on AWS Lambda",
  });
  new BentoLambda(stack, "Iris", { image: irisImage(stack) });
}

/**
 * Instances that Lambda manages in a network of yours, and a queue: many requests at a time in each process share
 * batches, and messages come as a batch.
 *
 * @module
 */
import { type App, Size } from "aws-cdk-lib";
import { BentoCompute, BentoLambda, BentoQueue } from "bentokit/cdk";
import { existingVpc } from "./existing-network.ts";
import { irisImage } from "./iris-image.ts";
import { newStack } from "./new-stack.ts";

export function addManagedStack(app: App): void {
  const stack = newStack(app, {
    stackName: "iris-managed",
    description: "iris_classifier on managed instances of AWS Lambda, with a queue",
  });
  new BentoLambda(stack, "Iris", {
    image: irisImage(stack),
    memory: Size.gibibytes(4),
    compute: BentoCompute.managedInstances({ vpc: existingVpc(stack), maxVCpus: 32 }),
    queue: BentoQueue.create({ api: "classify" }),
  });
}

/**
 * ECS with GPUs, behind a load balancer inside the network. The fixture's image computes on the CPU; one that was built
 * with `resources.gpu` takes its place.
 *
 * @module
 */
import type { App } from "aws-cdk-lib";
import { BentoEcsGpuService } from "bentokit/cdk";
import { existingVpc } from "./existing-network.ts";
import { irisImage } from "./iris-image.ts";
import { newStack } from "./new-stack.ts";

export function addGpuStack(app: App): void {
  const stack = newStack(app, {
    stackName: "iris-gpu",
    description: "iris_classifier on Amazon ECS with GPUs",
  });
  new BentoEcsGpuService(stack, "Iris", { image: irisImage(stack), vpc: existingVpc(stack) });
}

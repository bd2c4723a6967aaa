/**
 * The iris fixture on AWS, a stack for each way to run it. It imports the package by its public name, as any CDK app
 * does, and no stack refers to another: each deploys alone.
 *
 * @module
 */
import type { App } from "aws-cdk-lib";
import { addGpuStack } from "./gpu-stack.ts";
import { addLambdaStack } from "./lambda-stack.ts";
import { addManagedStack } from "./managed-stack.ts";
import { addModelsStack } from "./models-stack.ts";
import { addRegistryStack } from "./registry-stack.ts";

export function addIrisStacks(app: App): void {
  addModelsStack(app);
  addRegistryStack(app);
  addLambdaStack(app);
  addManagedStack(app);
  addGpuStack(app);
}

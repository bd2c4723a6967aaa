/**
 * The store of models that `--store` and `BENTO_STORE` name.
 *
 * @module
 */
import { type App, CfnOutput } from "aws-cdk-lib";
import { BentoModelBucket } from "bentokit/cdk";
import { newStack } from "./new-stack.ts";

export function addModelsStack(app: App): void {
  const stack = newStack(app, { stackName: "bento-models", description: "Store of models" });
  const { storeUrl } = new BentoModelBucket(stack, "Models");
  new CfnOutput(stack, "StoreUrl", { value: storeUrl });
}

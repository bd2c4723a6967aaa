/**
 * CDK constructs that put a bento into your own AWS app. `aws-cdk-lib` and `constructs` are yours to install.
 *
 * @module
 */

// What it runs on.
export {
  BentoCompute,
  type ComputeSettings,
  type ManagedInstancesProps,
  type StandardComputeProps,
} from "./bento-compute.ts";
// What to deploy, and where its images are.
export { BentoImage, type EcrImageProps, type LockedImageProps } from "./bento-image.ts";
// The service itself.
export { BentoLambda, type BentoLambdaProps } from "./bento-lambda.ts";
export { BentoRegistry, type BentoRegistryProps } from "./bento-registry.ts";
// For stacks that need no bootstrap.
export { NoAssetSynthesizer } from "./no-asset-synthesizer.ts";

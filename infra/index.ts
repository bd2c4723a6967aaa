/**
 * CDK constructs that put a bento into your own AWS app. `aws-cdk-lib` and `constructs` are yours to install.
 *
 * @module
 */

// What is watched of it.
export { BentoAlarms, type BentoAlarmsProps } from "./bento-alarms.ts";
// What it runs on.
export {
  BentoCompute,
  type ComputeSettings,
  type ManagedInstancesProps,
  type StandardComputeProps,
} from "./bento-compute.ts";
export { BentoDashboard, type BentoDashboardProps } from "./bento-dashboard.ts";
// The service on ECS, with GPUs.
export { BentoEcsGpuService } from "./bento-ecs-gpu-service.ts";
export type { BentoEcsGpuServiceProps } from "./bento-ecs-gpu-service-props.ts";
// What to deploy, and where its images are.
export { BentoImage, type EcrImageProps, type LockedImageProps } from "./bento-image.ts";
// The service itself.
export { BentoLambda } from "./bento-lambda.ts";
export type { BentoLambdaProps } from "./bento-lambda-props.ts";
export { type BentoMetrics, ServiceMetrics, type ServiceMetricsProps } from "./bento-metrics.ts";
// Where its models are.
export { BentoModelBucket, type BentoModelBucketProps } from "./bento-model-bucket.ts";
// What brings it work.
export {
  BentoQueue,
  type OwnQueueProps,
  type QueueBatchProps,
  type QueueChoice,
} from "./bento-queue.ts";
export { BentoRegistry, type BentoRegistryProps } from "./bento-registry.ts";
export {
  type AutoScalingGroupOptions,
  BentoGpuCapacity,
  type ExistingCapacityOptions,
  type GpuCapacitySource,
  type ManagedInstancesOptions,
} from "./ecs-capacity.ts";
export {
  type BentoCanaryOptions,
  type BentoLinearOptions,
  type BentoPauseStage,
  BentoRollout,
  type BentoShiftOptions,
} from "./ecs-rollout.ts";
export { bentoQueueRows, type QueueRowsProps } from "./ecs-scaling.ts";
export type { BentoUrlProps } from "./lambda-url.ts";
// For stacks that need no bootstrap.
export { NoAssetSynthesizer } from "./no-asset-synthesizer.ts";

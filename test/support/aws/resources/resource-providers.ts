/**
 * The types of resources that the stand-ins know.
 *
 * @module
 */
import { ecrRepository } from "./ecr-repository.ts";
import { iamInstanceProfile } from "./iam-instance-profile.ts";
import { iamManagedPolicy, iamPolicy } from "./iam-policy.ts";
import { iamRole } from "./iam-role.ts";
import { lambdaAlias } from "./lambda-alias.ts";
import { lambdaCapacityProvider } from "./lambda-capacity-provider.ts";
import { lambdaEventSource } from "./lambda-event-source.ts";
import { lambdaFunction } from "./lambda-function.ts";
import { lambdaPermission } from "./lambda-permission.ts";
import { lambdaUrl } from "./lambda-url.ts";
import { lambdaVersion } from "./lambda-version.ts";
import { logGroup } from "./log-group.ts";
import { cloudWatchAlarm, cloudWatchDashboard } from "./plain-resources.ts";
import type { ResourceProvider } from "./resource-provider.ts";
import { s3Bucket, s3BucketPolicy } from "./s3-bucket.ts";
import { sqsQueue, sqsQueuePolicy } from "./sqs-queue.ts";

const PROVIDERS: readonly ResourceProvider[] = [
  cloudWatchAlarm,
  cloudWatchDashboard,
  ecrRepository,
  iamInstanceProfile,
  iamManagedPolicy,
  iamPolicy,
  iamRole,
  lambdaAlias,
  lambdaCapacityProvider,
  lambdaEventSource,
  lambdaFunction,
  lambdaPermission,
  lambdaUrl,
  lambdaVersion,
  logGroup,
  s3Bucket,
  s3BucketPolicy,
  sqsQueue,
  sqsQueuePolicy,
];

/** By type. @param more - come before ours */
export function resourceProviders(
  more: readonly ResourceProvider[] = [],
): ReadonlyMap<string, ResourceProvider> {
  return new Map([...PROVIDERS, ...more].map((provider) => [provider.type, provider]));
}

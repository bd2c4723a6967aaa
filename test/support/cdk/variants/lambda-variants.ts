/**
 * The constructs around Lambda with what is not their default.
 *
 * @module
 */
import { Duration, Size } from "aws-cdk-lib";
import { InstanceClass, InstanceSize, InstanceType } from "aws-cdk-lib/aws-ec2";
import { Role } from "aws-cdk-lib/aws-iam";
import { Key } from "aws-cdk-lib/aws-kms";
import { Architecture, CapacityProvider } from "aws-cdk-lib/aws-lambda";
import { LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import { Bucket } from "aws-cdk-lib/aws-s3";
import { Topic } from "aws-cdk-lib/aws-sns";
import { Queue } from "aws-cdk-lib/aws-sqs";
import {
  BentoAlarms,
  BentoCompute,
  BentoDashboard,
  BentoLambda,
  BentoModelBucket,
  BentoQueue,
} from "bentokit/cdk";
import type { Variant } from "./variant-stacks.ts";

const KEY_ARN = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555";

export const LAMBDA_VARIANTS: Readonly<Record<string, Variant>> = {
  "lambda-named": ({ stack, image, vpc }) => {
    new BentoLambda(stack, "Bento", {
      image,
      vpc,
      functionName: "iris",
      description: "iris_classifier",
      architecture: Architecture.ARM_64,
      memory: Size.gibibytes(2),
      timeout: Duration.minutes(2),
      ephemeralStorage: Size.gibibytes(1),
      environment: { LEVEL: "3" },
      logRetention: RetentionDays.ONE_WEEK,
      compute: BentoCompute.standard({ reservedConcurrency: 5, provisionedConcurrency: 1 }),
    });
  },
  "lambda-snapshot": ({ stack, image }) => {
    new BentoLambda(stack, "Bento", { image, compute: BentoCompute.standard({ snapStart: true }) });
  },
  "lambda-url": ({ stack, image }) => {
    new BentoLambda(stack, "Bento", { image, url: { auth: "iam", streaming: true } });
  },
  "lambda-cli": ({ stack, image }) => {
    new BentoLambda(stack, "Bento", { image, traffic: "cli", queue: BentoQueue.create() });
  },
  "lambda-given": ({ stack, image }) => {
    const queue = Queue.fromQueueArn(stack, "Jobs", "arn:aws:sqs:eu-central-1:123456789012:jobs");
    const { metrics } = new BentoLambda(stack, "Bento", {
      image,
      role: Role.fromRoleName(stack, "Given", "shop-iris"),
      logGroup: LogGroup.fromLogGroupName(stack, "Logs", "/shop/iris"),
      queue: BentoQueue.fromQueue(queue, { batchSize: 10 }),
    });
    const topic = Topic.fromTopicArn(stack, "Team", "arn:aws:sns:eu-central-1:123456789012:team");
    const alarms = new BentoAlarms(stack, "Alarms", { metrics, topic });
    new BentoDashboard(stack, "Dashboard", { metrics, alarms, dashboardName: "iris" });
  },
  "managed-all": ({ stack, image, vpc }) => {
    new BentoLambda(stack, "Bento", {
      image,
      memory: Size.gibibytes(8),
      compute: BentoCompute.managedInstances({
        vpc,
        maxVCpus: 64,
        memoryPerVCpu: Size.gibibytes(4),
        instanceTypes: [InstanceType.of(InstanceClass.M7I, InstanceSize.XLARGE)],
        targetCpuUtilization: 60,
        maxConcurrency: 64,
        minEnvironments: 3,
        maxEnvironments: 9,
        encryptionKey: Key.fromKeyArn(stack, "Key", KEY_ARN),
      }),
      queue: BentoQueue.create({ maxConcurrency: 10, maxReceives: 5 }),
    });
  },
  "managed-shared": ({ stack, image }) => {
    const name = "shared";
    const capacityProvider = CapacityProvider.fromCapacityProviderName(stack, "Shared", name);
    const compute = BentoCompute.managedInstances({ capacityProvider });
    new BentoLambda(stack, "Bento", { image, compute, traffic: "cli" });
  },
  "models-all": ({ stack }) => {
    const models = new BentoModelBucket(stack, "Models", {
      bucketName: "shop-models",
      prefix: "team/store",
      encryptionKey: Key.fromKeyArn(stack, "Key", KEY_ARN),
      abortUploadsAfter: Duration.days(2),
      keepNoncurrentFor: Duration.days(30),
      accessLogsBucket: Bucket.fromBucketName(stack, "Access", "shop-access-logs"),
    });
    models.grantPublish(Role.fromRoleName(stack, "Pipeline", "shop-pipeline"));
    models.grantRead(Role.fromRoleName(stack, "Reader", "shop-reader"));
  },
};

/**
 * The service on ECS with what is not its default.
 *
 * @module
 */
import { Duration, Size } from "aws-cdk-lib";
import { Certificate } from "aws-cdk-lib/aws-certificatemanager";
import { InstanceType, MachineImage } from "aws-cdk-lib/aws-ec2";
import { Cluster, Secret } from "aws-cdk-lib/aws-ecs";
import { Bucket } from "aws-cdk-lib/aws-s3";
import { Secret as StoredSecret } from "aws-cdk-lib/aws-secretsmanager";
import { BentoEcsGpuService, BentoGpuCapacity, BentoRollout } from "bentokit/cdk";
import type { Variant } from "./variant-stacks.ts";

const ARN = "arn:aws";

export const ECS_VARIANTS: Readonly<Record<string, Variant>> = {
  "gpu-public": ({ stack, image, vpc }) => {
    const certificate = Certificate.fromCertificateArn(
      stack,
      "Certificate",
      `${ARN}:acm:eu-central-1:123456789012:certificate/11111111-2222-3333-4444-555555555555`,
    );
    new BentoEcsGpuService(stack, "Bento", {
      image,
      vpc,
      serviceName: "iris",
      internetFacing: true,
      certificate,
      accessLogBucket: Bucket.fromBucketName(stack, "Access", "shop-access-logs"),
      rollout: BentoRollout.linear({ percent: 20, bake: Duration.minutes(2) }),
      requestTimeout: Duration.seconds(20),
      p99Limit: Duration.seconds(5),
      errorPercentLimit: 2,
    });
  },
  "gpu-group": ({ stack, image, vpc }) => {
    new BentoEcsGpuService(stack, "Bento", {
      image,
      vpc,
      capacity: BentoGpuCapacity.autoScalingGroup({
        instanceType: new InstanceType("g6.xlarge"),
        machineImage: MachineImage.genericLinux({ "eu-central-1": "ami-0a1b2c3d4e5f60000" }),
        maxInstances: 2,
      }),
      rollout: BentoRollout.recreate(),
    });
  },
  "gpu-scaled": ({ stack, image, vpc }) => {
    const secret = StoredSecret.fromSecretCompleteArn(
      stack,
      "ApiKey",
      `${ARN}:secretsmanager:eu-central-1:123456789012:secret:team/api-AbCdEf`,
    );
    new BentoEcsGpuService(stack, "Bento", {
      image,
      vpc,
      cluster: Cluster.fromClusterAttributes(stack, "Cluster", { clusterName: "shop", vpc }),
      capacity: BentoGpuCapacity.managedInstances({
        allowedInstanceTypes: ["g5.*"],
        spot: true,
        storage: Size.gibibytes(200),
      }),
      secrets: { API_KEY: Secret.fromSecretsManager(secret) },
      environment: { LEVEL: "3" },
      minTasks: 1,
      maxTasks: 6,
      requestsPerTask: 600,
      rollout: BentoRollout.canary({ pauseAt: ["PRE_PRODUCTION_TRAFFIC_SHIFT"] }),
    });
  },
  "gpu-existing": ({ stack, image, vpc }) => {
    new BentoEcsGpuService(stack, "Bento", {
      image,
      vpc,
      cluster: Cluster.fromClusterAttributes(stack, "Cluster", { clusterName: "shop", vpc }),
      capacity: BentoGpuCapacity.existing({ capacityProviderName: "shop-gpus" }),
      rollout: BentoRollout.blueGreen(),
    });
  },
};

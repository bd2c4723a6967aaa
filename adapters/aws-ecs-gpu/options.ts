/**
 * What can be set for a deployment to ECS on GPUs. All of it is flat and nothing is looked up, so that a template is made
 * without asking AWS.
 *
 * @module
 */
import * as z from "zod";
import {
  accountOption,
  arnOf,
  logRetentionOption,
  permissionsBoundaryOption,
  regionOption,
} from "../aws/shared-options.ts";

/** How one version follows another. */
export const ECS_ROLLOUTS = ["rolling", "recreate", "canary", "linear", "blue-green"] as const;

/** Stages at which ECS can wait for a word: those of its pause hooks. */
export const PAUSE_STAGES = [
  "PRE_SCALE_UP",
  "POST_SCALE_UP",
  "PRE_PRODUCTION_TRAFFIC_SHIFT",
  "POST_PRODUCTION_TRAFFIC_SHIFT",
] as const;

export const AwsEcsGpuOptions = z.strictObject({
  account: accountOption,
  region: regionOption,
  serviceName: z
    .string()
    .min(1)
    .optional()
    .describe("Name of the ECS service; the deployment's by default."),
  repository: z
    .string()
    .regex(/^[a-z0-9]+(?:[._/-][a-z0-9]+)*$/, "not the name of an ECR repository")
    .min(2)
    .max(256)
    .optional()
    .describe("ECR repository of its images; bento/<name of the bento> by default."),
  vpcId: z
    .string()
    .regex(/^vpc-[0-9a-f]+$/, "a VPC is written like vpc-0a1b2c3d")
    .optional()
    .describe("Network that the tasks run in. Needed."),
  subnets: z
    .array(z.string().regex(/^subnet-[0-9a-f]+$/, "a subnet is written like subnet-0a1b2c3d"))
    .default([])
    .describe("Private subnets of that network with a way to ECR, two zones or more. Needed."),
  publicSubnets: z
    .array(z.string().regex(/^subnet-[0-9a-f]+$/, "a subnet is written like subnet-0a1b2c3d"))
    .default([])
    .describe("Public subnets for the load balancer; only with public."),
  availabilityZones: z
    .array(
      z.string().regex(/^[a-z]{2,}(-[a-z0-9]+)+[a-z]$/, "a zone is written like eu-central-1a"),
    )
    .default([])
    .describe("Zone of each subnet, in their order. Needed."),
  cluster: z
    .string()
    .min(1)
    .optional()
    .describe("Name of an ECS cluster that is there; one of its own by default."),
  securityGroups: z
    .array(z.string().regex(/^sg-[0-9a-f]+$/, "a security group is written like sg-0a1b2c3d"))
    .default([])
    .describe("Security groups of the tasks; one of their own by default."),
  minTasks: z.int().min(1).default(1).describe("Fewest tasks; those it begins with."),
  maxTasks: z.int().min(1).optional().describe("Most tasks; as many as minTasks by default."),
  requestsPerTask: z
    .number()
    .positive()
    .optional()
    .describe("Requests a minute of one task that scaling aims at; no scaling by default."),
  maxGpus: z
    .int()
    .positive()
    .optional()
    .describe("GPUs that the account may use at once; a rollout that may want more is an error."),
  gpuType: z
    .string()
    .optional()
    .describe("Kind of GPU, e.g. nvidia-l4; the bento's resources.gpuType by default."),
  instanceTypes: z
    .array(z.string().min(1))
    .default([])
    .describe("EC2 instance types, e.g. g6.*; those of the GPU's kind by default."),
  cpu: z
    .number()
    .positive()
    .optional()
    .describe("vCPUs of one task; the bento's resources.cpu, else 4."),
  memoryMb: z
    .int()
    .positive()
    .optional()
    .describe("Memory of one task in MB; the bento's resources.memory, else 15360."),
  capacity: z
    .enum(["managed-instances", "asg"])
    .default("managed-instances")
    .describe("Who runs the instances: ECS itself, or an auto scaling group."),
  capacityProvider: z
    .string()
    .min(1)
    .optional()
    .describe("Name of a capacity provider that the cluster has; one is made by default."),
  amiId: z
    .string()
    .regex(/^ami-[0-9a-f]+$/, "an AMI is written like ami-0a1b2c3d")
    .optional()
    .describe("Pinned ECS image of the auto scaling group's instances; needed for capacity asg."),
  spot: z
    .boolean()
    .default(false)
    .describe("Whether managed instances are spare capacity, which AWS may take back."),
  rollout: z
    .enum(ECS_ROLLOUTS)
    .default("canary")
    .describe("How one version follows another: all but recreate want GPUs for both."),
  rolloutPercent: z
    .number()
    .optional()
    .describe(
      "Share of the traffic at first (canary) or a step (linear); canary 10, linear 25 by default.",
    ),
  rolloutBakeMinutes: z
    .int()
    .min(0)
    .max(1440)
    .optional()
    .describe("Wait after each step, in minutes; 5 by default. Not for rolling and recreate."),
  pauseAt: z
    .enum(PAUSE_STAGES)
    .optional()
    .describe("Stage at which a new version waits for bento deployment complete or abort."),
  pauseMinutes: z
    .int()
    .min(1)
    .max(20_160)
    .optional()
    .describe("How long it waits there before it is taken back, in minutes; 60 by default."),
  startTimeoutMinutes: z
    .int()
    .min(1)
    .max(60)
    .default(5)
    .describe("Longest time from the start of a task to ready, in minutes."),
  deployTimeoutMinutes: z
    .int()
    .min(1)
    .max(2000)
    .default(60)
    .describe("Longest wait for a deploy, pauses apart, in minutes; then it is rolled back."),
  goldenTask: z
    .boolean()
    .default(false)
    .describe("Whether golden requests are sent, in a task that wants GPUs of its own."),
  public: z
    .boolean()
    .default(false)
    .describe("Whether the load balancer answers the internet; needs a certificate."),
  certificate: arnOf("acm", "an ACM certificate")
    .optional()
    .describe("ARN of the ACM certificate for HTTPS; plain HTTP inside the network by default."),
  taskRole: arnOf("iam", "a role")
    .optional()
    .describe("ARN of the role of the service itself; one that may do nothing by default."),
  executionRole: arnOf("iam", "a role")
    .optional()
    .describe("ARN of the role that pulls the image and writes logs; one of its own by default."),
  permissionsBoundary: permissionsBoundaryOption,
  logRetentionDays: logRetentionOption,
});
export type AwsEcsGpuOptions = z.output<typeof AwsEcsGpuOptions>;

/**
 * What can be set for a deployment to AWS Lambda.
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

const REPOSITORY =
  /^(?:\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?\/)?[a-z0-9]+(?:[._/-][a-z0-9]+)*$/;

export const AwsLambdaOptions = z.strictObject({
  account: accountOption,
  region: regionOption,
  functionName: z
    .string()
    .min(1)
    .optional()
    .describe("Name of the function; the deployment's by default."),
  repository: z
    .string()
    .regex(REPOSITORY, "not the name of an ECR repository")
    .min(2)
    .max(256)
    .optional()
    .describe("ECR repository of its images; bento/<name of the bento> by default."),
  architecture: z
    .enum(["x86_64", "arm64"])
    .default("x86_64")
    .describe("Processor of the function; must be the image's."),
  memoryMb: z
    .int()
    .optional()
    .describe(
      "Memory in MB, 128 to 10240, on managed instances 2048 to 32768; by default what the bento's resources ask for.",
    ),
  timeoutSeconds: z
    .int()
    .optional()
    .describe("Longest time to an answer, 1 to 900; by default the bento's traffic.timeoutMs."),
  ephemeralStorageMb: z.int().default(512).describe("Size of /tmp in MB, 512 to 10240."),
  reservedConcurrency: z
    .int()
    .optional()
    .describe("Most requests at work at once, kept free for this function."),
  logRetentionDays: logRetentionOption,
  compute: z
    .enum(["standard", "managed-instances"])
    .default("standard")
    .describe("What runs it: one request at a time to an environment, or many on EC2 instances."),
  maxConcurrency: z
    .int()
    .optional()
    .describe(
      "Managed instances: requests at once in an environment, 1 to 1600; by default from the bento's profile, else traffic.concurrency, else 32.",
    ),
  memoryGibPerVcpu: z
    .literal([2, 4, 8])
    .optional()
    .describe("Managed instances: GiB of memory to one vCPU: 2, 4 or 8; 2 by default."),
  capacityProviderArn: arnOf("lambda", "a capacity provider")
    .optional()
    .describe("Managed instances: a capacity provider that is there; one is made by default."),
  subnetIds: z
    .array(z.string().regex(/^subnet-[0-9a-f]+$/, "a subnet is written like subnet-0abc12"))
    .max(16)
    .optional()
    .describe("Managed instances: subnets of the capacity provider that is made, 1 to 16."),
  securityGroupIds: z
    .array(z.string().regex(/^sg-[0-9a-f]+$/, "a security group is written like sg-0abc12"))
    .max(5)
    .optional()
    .describe("Managed instances: security groups of the capacity provider that is made, 1 to 5."),
  instanceTypes: z
    .array(z.string().min(1))
    .optional()
    .describe("Managed instances: EC2 types that may be used; any that fit by default."),
  minEnvironments: z
    .int()
    .optional()
    .describe("Managed instances: fewest environments; AWS keeps 3 by default."),
  maxEnvironments: z.int().optional().describe("Managed instances: most environments."),
  queueBatchSize: z
    .int()
    .optional()
    .describe("Makes an SQS queue and takes so many messages at most as one batch, 1 to 10000."),
  queueWindowSeconds: z
    .int()
    .optional()
    .describe("Longest wait for a batch of the queue to fill, 0 to 300; 0 or 1 by default."),
  queueMaxConcurrency: z
    .int()
    .optional()
    .describe("Most batches of the queue at work at once, 2 to 1000."),
  queueApi: z
    .string()
    .min(1)
    .optional()
    .describe("Api that messages are for where they do not say; the only one by default."),
  snapStart: z
    .boolean()
    .default(false)
    .describe("Start from a snapshot that has the models loaded; standard compute only."),
  role: arnOf("iam", "a role")
    .optional()
    .describe("Role of the function that is there; one that may write its log by default."),
  permissionsBoundary: permissionsBoundaryOption,
  url: z
    .enum(["none", "iam", "public"])
    .default("none")
    .describe("Function URL: none, for callers with AWS credentials, or open to everybody."),
});
export type AwsLambdaOptions = z.output<typeof AwsLambdaOptions>;

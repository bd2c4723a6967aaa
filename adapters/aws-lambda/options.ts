/**
 * What can be set for a deployment to AWS Lambda.
 *
 * @module
 */
import * as z from "zod";

/** How long CloudWatch can keep lines, in days. */
const RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288,
  3653,
] as const;

export const AwsLambdaOptions = z.strictObject({
  account: z
    .string()
    .regex(/^\d{12}$/, "an AWS account is 12 digits")
    .optional()
    .describe("AWS account; the one that deploys by default."),
  region: z
    .string()
    .regex(/^[a-z]{2,}(-[a-z]+)+-\d$/, "an AWS region is written like eu-central-1")
    .optional()
    .describe("AWS region, e.g. eu-central-1; the one that deploys by default."),
  functionName: z
    .string()
    .min(1)
    .optional()
    .describe("Name of the function; the deployment's by default."),
  repository: z
    .string()
    .regex(/^[a-z0-9]+(?:[._/-][a-z0-9]+)*$/, "not the name of an ECR repository")
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
    .describe("Memory in MB, 128 to 10240; by default what the bento's resources ask for."),
  timeoutSeconds: z
    .int()
    .optional()
    .describe("Longest time to an answer, 1 to 900; by default the bento's traffic.timeoutMs."),
  ephemeralStorageMb: z.int().default(512).describe("Size of /tmp in MB, 512 to 10240."),
  reservedConcurrency: z
    .int()
    .optional()
    .describe("Most requests at work at once, kept free for this function."),
  logRetentionDays: z
    .literal(RETENTION_DAYS)
    .default(30)
    .describe("How long log lines are kept, in days."),
});
export type AwsLambdaOptions = z.output<typeof AwsLambdaOptions>;

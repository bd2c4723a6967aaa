/**
 * A bento on AWS Lambda as plain data: what its two stacks are made from, what a stack's own metadata keeps of it, and
 * the digest by which settings are compared without asking CloudFormation. No CDK here.
 *
 * @module
 */
import * as z from "zod";
import { canonicalJson } from "../core/canonical-json.ts";
import { type Digest, digestOf } from "../core/digest.ts";

/** Raised when the same settings give another template than before. */
export const LAMBDA_CONSTRUCTS = 1;

const StandardCompute = z.object({ kind: z.literal("standard") });

const ManagedCompute = z.object({
  kind: z.literal("managed-instances"),
  maxConcurrency: z.int().describe("Requests at once in one environment."),
  memoryGibPerVcpu: z.number(),
  capacityProviderArn: z.string().optional().describe("One that is there; else one is made."),
  subnetIds: z.array(z.string()),
  securityGroupIds: z.array(z.string()),
  instanceTypes: z.array(z.string()).describe("Any that fit when empty."),
  minEnvironments: z.int().optional(),
  maxEnvironments: z.int().optional(),
});

const Queue = z.object({
  batchSize: z.int().describe("Most messages in one event."),
  windowSeconds: z.int().describe("Longest wait for an event to fill."),
  maxConcurrency: z.int().optional().describe("Most events at work at once."),
  api: z.string().optional().describe("The api that messages without an attribute `api` are for."),
});

/** What the function and what is around it is set to: everything but its code. */
export const LambdaSettings = z.object({
  functionName: z.string(),
  architecture: z.enum(["x86_64", "arm64"]),
  memoryMb: z.int(),
  timeoutSeconds: z.int(),
  ephemeralStorageMb: z.int(),
  environment: z.record(z.string(), z.string()),
  secrets: z
    .record(z.string(), z.string())
    .default({})
    .describe("Variables by the ARNs of what holds their values; the service reads them."),
  reservedConcurrency: z.int().optional(),
  logRetentionDays: z.int(),
  compute: z.discriminatedUnion("kind", [StandardCompute, ManagedCompute]),
  queue: Queue.optional(),
  snapStart: z.boolean(),
  roleArn: z.string().optional(),
  permissionsBoundaryArn: z.string().optional(),
  url: z.enum(["none", "iam", "public"]),
});
export type LambdaSettings = z.infer<typeof LambdaSettings>;

export type LambdaManagedCompute = z.infer<typeof ManagedCompute>;
export type LambdaQueue = z.infer<typeof Queue>;

/** An image in an ECR repository, and the bento that is in it. */
export const LambdaImage = z.object({
  repository: z.string(),
  digest: z.string(),
  tag: z.string().describe("`name:version` of the bento, for people."),
});
export type LambdaImage = z.infer<typeof LambdaImage>;

/** Everything that the app is made of. */
export const LambdaAppSpec = z.object({
  bentoName: z.string(),
  registryStack: z.string(),
  serviceStack: z.string(),
  repository: z.string().describe("ECR repository of the registry stack."),
  image: LambdaImage.describe("In the template of the CLI's stack that of its first deploy."),
  settings: LambdaSettings,
  account: z.string().optional(),
  region: z.string().optional(),
});
export type LambdaAppSpec = z.infer<typeof LambdaAppSpec>;

/** What a service stack's template says of itself. */
export const LambdaStackMetadata = z.object({
  bentokit: z.object({ spec: LambdaAppSpec, constructs: z.int() }),
});

/** Equal exactly where a stack made from the one need not be touched for the other. */
export function lambdaSettingsDigest(settings: LambdaSettings): Digest {
  return digestOf(canonicalJson({ constructs: LAMBDA_CONSTRUCTS, settings }));
}

/** Variables as the function has them: those in clear, the references, and which ones are references. */
export function lambdaVariables({
  environment,
  secrets,
}: Pick<LambdaSettings, "environment" | "secrets">): Record<string, string> {
  const names = Object.keys(secrets).sort();
  return {
    ...environment,
    ...secrets,
    ...(names.length === 0 ? {} : { BENTO_SECRETS: names.join(",") }),
  };
}

/** What the function's role has to read for them: one line for each service, ARNs without member and version. */
export function secretRights({
  secrets,
}: Pick<LambdaSettings, "secrets">): { readonly action: string; readonly arns: string[] }[] {
  const arns = [
    ...new Set(Object.values(secrets).map((arn) => arn.split(":").slice(0, 7).join(":"))),
  ];
  return [
    { action: "secretsmanager:GetSecretValue", service: ":secretsmanager:" },
    { action: "ssm:GetParameter", service: ":ssm:" },
  ]
    .map(({ action, service }) => ({
      action,
      arns: arns.filter((arn) => arn.includes(service)).sort(),
    }))
    .filter(({ arns: some }) => some.length > 0);
}

/**
 * A bento on ECS with GPUs as plain data: what its two stacks are made from, and what a stack's own metadata keeps of
 * it. No CDK here.
 *
 * @module
 */
import * as z from "zod";

/** Raised when the same spec gives another template than before. */
export const ECS_CONSTRUCTS = 1;

const PauseStage = z.enum([
  "PRE_SCALE_UP",
  "POST_SCALE_UP",
  "PRE_PRODUCTION_TRAFFIC_SHIFT",
  "POST_PRODUCTION_TRAFFIC_SHIFT",
]);

/** Everything that the app is made of. */
export const EcsAppSpec = z.object({
  bentoName: z.string(),
  tag: z.string().describe("`name:version`, for people."),
  registryStack: z.string(),
  serviceStack: z.string(),
  repository: z.string(),
  imageDigest: z.string(),
  serviceName: z.string(),
  vpcId: z.string(),
  subnets: z.array(z.string()).describe("Private; one a zone, in the order of the zones."),
  publicSubnets: z.array(z.string()).describe("Likewise; none where nothing is public."),
  availabilityZones: z.array(z.string()),
  cluster: z.string().optional().describe("Name of one that is there; else one is made."),
  securityGroups: z.array(z.string()).describe("Of the tasks; one is made when empty."),
  gpus: z.int().describe("Of one task."),
  instanceTypes: z.array(z.string()),
  cpu: z.number().describe("vCPUs of one task."),
  memoryMb: z.int(),
  capacity: z.enum(["managed-instances", "asg"]),
  capacityProvider: z.string().optional().describe("Name of one that is there; else one is made."),
  amiId: z.string().optional(),
  spot: z.boolean(),
  minTasks: z.int(),
  maxTasks: z.int(),
  requestsPerTask: z.number().optional().describe("A minute, that scaling aims at."),
  maxGpus: z.int().optional(),
  rollout: z.enum(["rolling", "recreate", "canary", "linear", "blue-green"]),
  rolloutPercent: z.number().optional(),
  rolloutBakeMinutes: z.number().optional(),
  pauseAt: PauseStage.optional().describe("Stage at which a new version waits for a word."),
  pauseMinutes: z.int().optional(),
  startTimeoutMinutes: z.int(),
  isPublic: z.boolean(),
  certificate: z.string().optional(),
  taskRole: z.string().optional(),
  executionRole: z.string().optional(),
  permissionsBoundary: z.string().optional(),
  environment: z.record(z.string(), z.string()),
  secrets: z
    .record(z.string(), z.string())
    .describe("Variables by the ARNs of the secrets and parameters that hold them."),
  timeoutSeconds: z.int().describe("Longest time to an answer."),
  logRetentionDays: z.int(),
  account: z.string().optional(),
  region: z.string().optional(),
});
export type EcsAppSpec = z.infer<typeof EcsAppSpec>;

/** What a service stack's template says of itself. */
export const EcsStackMetadata = z.object({
  bentokit: z.object({ spec: EcsAppSpec, constructs: z.int() }),
});

/**
 * @param arn - of a secret: `arn:aws:ssm:region:account:parameter/path/name`, or one of Secrets Manager
 * @returns name of the SSM parameter, `/path/name` or `name`; undefined for a secret of Secrets Manager
 */
export function parameterName(arn: string): string | undefined {
  const [, path] = /^arn:[^:]+:ssm:[^:]*:[^:]*:parameter\/(.+)$/.exec(arn) ?? [];
  return path?.includes("/") === true ? `/${path}` : path;
}

/**
 * What a deploy is about to do: desired minus observed, as deterministic JSON. Making a plan writes nothing anywhere;
 * applying one is refused when what it was made from has changed.
 *
 * @module
 */
import * as z from "zod";
import { canonicalJson } from "./canonical-json.ts";
import { Digest, digestOf } from "./digest.ts";

export const ACTION_KINDS = [
  "registry",
  "push",
  "create",
  "update",
  "replace",
  "delete",
  "version",
  "traffic",
  "noop",
] as const;

export const PlanAction = z.strictObject({
  kind: z.enum(ACTION_KINDS),
  resource: z.string().describe("What is acted on, in the platform's own words."),
  before: z.json().optional().describe("As it is now; absent when there is nothing."),
  after: z.json().optional().describe("As it will be."),
  reasons: z.array(z.string()).describe("Why, one line each."),
  risk: z
    .enum(["none", "interrupts", "destroys"])
    .describe("What users of the service may notice."),
});
export type PlanAction = z.infer<typeof PlanAction>;

/** The bento that a plan deploys, by name, version and digest, with its models. */
export const PlannedBento = z.strictObject({
  name: z.string(),
  version: z.string(),
  digest: Digest,
  models: z.record(
    z.string(),
    z.strictObject({
      tag: z.string(),
      digest: Digest,
      asked: z
        .string()
        .optional()
        .describe("Tag that it was asked for by, where that may be an alias."),
    }),
  ),
});
export type PlannedBento = z.infer<typeof PlannedBento>;

/** The image that a plan deploys; absent where a platform runs the bento itself. */
export const PlannedImage = z.strictObject({
  digest: Digest,
  platform: z.string().describe("os/architecture, e.g. linux/amd64."),
  bytes: z.int().describe("Compressed size of all layers."),
  variant: z
    .enum(["cpu", "cuda12"])
    .optional()
    .describe("What it computes on; absent where nobody looked."),
  signedBy: z
    .string()
    .optional()
    .describe("Key whose signature was asked for and holds: base64 of its SHA-256."),
});
export type PlannedImage = z.infer<typeof PlannedImage>;

export const Plan = z.strictObject({
  schema: z.literal(1),
  platform: z.string(),
  environment: z.string().describe("As given with --env."),
  name: z.string().describe("Name of the deployment on its platform."),
  bento: PlannedBento,
  image: PlannedImage.optional(),
  options: z
    .record(z.string(), z.json())
    .describe("What the platform was asked for, defaults written out."),
  variables: z
    .record(z.string(), z.string())
    .describe("Environment variables given in clear; secrets never stand here."),
  secrets: z
    .record(z.string(), z.string())
    .optional()
    .describe("Environment variables whose values the platform reads, by reference alone."),
  canary: z
    .number()
    .optional()
    .describe("Per cent of the traffic for the new version at first; all of it when absent."),
  actions: z.array(PlanAction).describe("In the order of their application."),
  warnings: z.array(z.string()),
  basis: z
    .record(z.string(), z.json())
    .describe("What was observed: etag, generation, template hash."),
});
export type Plan = z.infer<typeof Plan>;

/** The same plan always has the same bytes, for files and for golden tests. */
export function formatPlan(plan: Plan): string {
  return `${canonicalJson(plan, 2)}\n`;
}

/** Stands for the plan in records, change sets and refusals. */
export function planDigest(plan: Plan): Digest {
  return digestOf(canonicalJson(plan));
}

/** True when applying the plan would call nothing that writes. */
export function isNoop(plan: Plan): boolean {
  return plan.actions.every((action) => action.kind === "noop");
}

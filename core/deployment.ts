/**
 * The record of an applied plan. Records are history: the platform itself is the truth about what runs.
 *
 * @module
 */
import * as z from "zod";
import { Digest } from "./digest.ts";
import { PlannedBento, PlannedImage } from "./plan.ts";

export const Deployment = z.strictObject({
  schema: z.literal(1),
  platform: z.string(),
  environment: z.string(),
  name: z.string(),
  at: z.iso.datetime().describe("When it was applied, UTC."),
  by: z.string().optional().describe("Who applied it."),
  plan: Digest.optional().describe("Digest of the plan; absent where none is known."),
  bento: PlannedBento,
  image: PlannedImage.optional(),
  outcome: z
    .enum(["started", "succeeded", "failed", "rolled-back", "destroyed"])
    .describe("`started` where a deploy has not ended, or was killed."),
  change: z
    .enum(["traffic", "complete", "abort", "rollback"])
    .optional()
    .describe("What was done to the traffic, where it was no deploy."),
  verified: z.boolean().describe("Whether the golden requests were sent and answered."),
  canary: z
    .number()
    .optional()
    .describe("Per cent of the traffic that it has; all of it when absent."),
  url: z.string().optional().describe("Where it answers."),
  details: z
    .record(z.string(), z.json())
    .default({})
    .describe("What the adapter needs to find it again."),
  message: z.string().optional().describe("Why it failed."),
});
export type Deployment = z.infer<typeof Deployment>;

/**
 * What one instance of a service needs and takes. Apart from the bento's manifest, so that a service is checked without
 * making the schema of that.
 *
 * @module
 */
import * as z from "zod";

export const Resources = z.strictObject({
  cpu: z.number().positive().optional().describe("vCPUs of one instance."),
  memory: z.string().optional().describe("Memory of one instance, e.g. 1Gi."),
  gpu: z.int().min(0).optional().describe("GPUs of one instance."),
  gpuType: z.string().optional().describe("Kind of GPU, e.g. nvidia-l4."),
});
export type Resources = z.infer<typeof Resources>;

export const Traffic = z.strictObject({
  timeoutMs: z.number().positive().optional().describe("Longest time to an answer; beyond it 504."),
  maxConcurrency: z
    .int()
    .positive()
    .optional()
    .describe("Requests at work at once; beyond them 429."),
  concurrency: z
    .int()
    .positive()
    .optional()
    .describe("Requests per instance that scaling aims at."),
});
export type Traffic = z.infer<typeof Traffic>;

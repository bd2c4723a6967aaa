/**
 * What `bento profile` measured, as `profile.json` keeps it: beside a project or a finished bento, never inside one. The
 * numbers are those of one machine; a server that starts with them scales them to its own.
 *
 * @module
 */
import * as z from "zod";
import { Digest } from "./digest.ts";

export const ModelProfile = z.strictObject({
  digest: Digest.describe("Of the model that was measured; for another one it does not count."),
  layout: z
    .strictObject({
      threads: z.int().min(1).describe("Worker threads."),
      intraOpThreads: z.int().min(1).describe("Threads within one run of each."),
    })
    .optional()
    .describe("What was fastest; absent for a model that runs on the event loop's own thread."),
  points: z
    .array(z.strictObject({ rows: z.int().min(1), ms: z.number().positive() }))
    .describe("Run time of a batch by its rows, ascending."),
});
export type ModelProfile = z.infer<typeof ModelProfile>;

export const Profile = z.strictObject({
  schema: z.literal(1).describe("Version of this format."),
  machine: z
    .strictObject({ cores: z.int().min(1), arch: z.string(), cpu: z.string() })
    .describe("Where it was measured."),
  models: z.record(z.string(), ModelProfile).describe("By the service's own names."),
});
export type Profile = z.infer<typeof Profile>;

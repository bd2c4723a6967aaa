/**
 * What can be set for a deployment on this machine.
 *
 * @module
 */
import * as z from "zod";

export const LocalOptions = z.strictObject({
  engine: z
    .enum(["process", "docker", "podman"])
    .default("process")
    .describe("What runs it: a Node process, or the image under a container engine."),
  port: z
    .int()
    .min(1)
    .max(65_535)
    .optional()
    .describe("Port to listen on; a free one is chosen when it is left out."),
  host: z
    .string()
    .min(1)
    .default("127.0.0.1")
    .describe("Address to listen on; 127.0.0.1 is reached from this machine alone."),
  startTimeoutSeconds: z
    .number()
    .positive()
    .default(60)
    .describe("Longest time from start to ready, in seconds."),
  stopTimeoutSeconds: z
    .number()
    .positive()
    .default(30)
    .describe("Longest time that requests at work may take when it stops, in seconds."),
});
export type LocalOptions = z.output<typeof LocalOptions>;

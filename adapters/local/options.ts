/**
 * What can be set for a deployment on this machine.
 *
 * @module
 */
import * as z from "zod";

/** What runs a deployment: a Node process, or the image in a sandbox or under a container engine. */
export const LOCAL_ENGINES = ["process", "bwrap", "podman", "docker"] as const;
export const LocalEngine = z.enum(LOCAL_ENGINES);
export type LocalEngine = z.output<typeof LocalEngine>;

export const LocalOptions = z.strictObject({
  engine: LocalEngine.default("process").describe(
    "What runs it: a Node process, or the image in bubblewrap, podman or docker.",
  ),
  network: z
    .enum(["bridge", "host"])
    .default("bridge")
    .describe("How podman and docker connect it: by a published port, or on the machine's own."),
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

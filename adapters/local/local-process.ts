/**
 * A deployment on this machine as its record keeps it. The pid alone names nothing, since pids are used again: a process
 * is ours only while its identity is the same too. Values of secrets are in its own file and not in its record.
 *
 * @module
 */
import * as z from "zod";
import type { Deployment } from "../../core/deployment.ts";
import { Digest } from "../../core/digest.ts";
import { hideSecrets } from "../../core/secret-name.ts";
import { LocalEngine } from "./options.ts";

export const LocalProcess = z.strictObject({
  engine: LocalEngine.default("process"),
  /** What it was made of; none for the engine `process`, which runs the bento itself. */
  image: Digest.optional(),
  /** Of containers. */
  network: z.enum(["bridge", "host"]).optional(),
  pid: z.int().min(0).describe("0 for a container."),
  identity: z
    .string()
    .describe("When the process started, as the system tells it; a container's name."),
  port: z.int(),
  url: z.string(),
  host: z.string(),
  log: z.string().describe("Absolute path of its log file."),
  directory: z.string().describe("Absolute path of the bento that it runs."),
  stopTimeoutSeconds: z.number(),
  bento: z.strictObject({ tag: z.string(), digest: Digest }),
  /** From the bento's own image settings and from --set-env. */
  variables: z.record(z.string(), z.string()),
  inherited: z.array(z.string()),
});
export type LocalProcess = z.infer<typeof LocalProcess>;

/** As people read it. */
export function showProcess({ engine, pid, identity }: LocalProcess): string {
  return engine === "podman" || engine === "docker" ? `container ${identity}` : `process ${pid}`;
}

/** What a record keeps: values of secrets are left out, they stand in the file beside the log alone. */
export function recordable({ image, network, ...process }: LocalProcess): Deployment["details"] {
  return {
    process: {
      ...process,
      ...(image === undefined ? {} : { image }),
      ...(network === undefined ? {} : { network }),
      variables: hideSecrets(process.variables),
    },
  };
}

/** A process, and what it says of itself. */
export interface LocalObserved {
  readonly process: LocalProcess;
  readonly isAlive: boolean;
  /** Whether `/readyz` answers 200. */
  readonly isReady: boolean;
  /** `name:version` from its `X-Bento` header. */
  readonly serves: string | undefined;
}

const Details = z.object({ process: LocalProcess });

/** The process in a record's details, undefined where there is none. */
export function processOf(details: unknown): LocalProcess | undefined {
  const parsed = Details.safeParse(details);
  return parsed.success ? parsed.data.process : undefined;
}

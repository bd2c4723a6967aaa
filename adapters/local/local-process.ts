/**
 * A deployment on this machine as its record keeps it. The pid alone names nothing, since pids are used again: a process
 * is ours only while its identity is the same too.
 *
 * @module
 */
import * as z from "zod";
import { Digest } from "../../core/digest.ts";

export const LocalProcess = z.strictObject({
  pid: z.int().positive(),
  identity: z.string().describe("When the process started, as the system tells it."),
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

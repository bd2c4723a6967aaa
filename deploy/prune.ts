/**
 * Removes versions and images of a deployment that nothing needs any more. What a record of any deployment names stays,
 * in whichever environment: it can be gone back to.
 *
 * @module
 */
import type { Pruned } from "../adapters/adapter.ts";
import { BentoError } from "../core/bento-error.ts";
import type { Digest } from "../core/digest.ts";
import { silent } from "../core/progress.ts";
import { runStep } from "../core/run-step.ts";
import { verbLine } from "./command-line.ts";
import { withLock } from "./lock.ts";
import {
  clockOf,
  type DeploymentKey,
  type DeployRuntime,
  type DeployStore,
  type GivenOptions,
} from "./runtime.ts";
import { subjectOf } from "./subject.ts";
import { refuseDestroyed } from "./traffic.ts";

/** Versions without traffic that stay where nobody says how many. */
export const DEFAULT_KEEP = 5;

export interface PruneOptions extends GivenOptions {
  /** Versions without traffic that stay. @default 5 */
  readonly keep?: number | undefined;
  /** Only say what would go. @default false */
  readonly isDry?: boolean | undefined;
}

/**
 * @throws BentoError BENTO_UNSUPPORTED where the platform keeps nothing to remove; BENTO_NOT_FOUND when there is no such
 * deployment; BENTO_CONFLICT while another process changes it
 */
export async function pruneDeployment(
  key: DeploymentKey,
  runtime: DeployRuntime,
  { keep = DEFAULT_KEEP, isDry = false, ...given }: PruneOptions = {},
): Promise<Pruned> {
  const subject = await subjectOf(key, runtime, given);
  refuseDestroyed(subject, key);
  if (subject.rollout.prune === undefined) {
    throw new BentoError("BENTO_UNSUPPORTED", `${key.platform} keeps nothing that could go`, {
      where: `deployment ${key.name}, environment ${key.environment}`,
      hint: `end the whole of it: ${verbLine("destroy", key)}`,
    });
  }
  const prune = async (): Promise<Pruned> => {
    const { rollout, context } = await subjectOf(key, runtime, given);
    // read under the lock: a deploy that has just ended names its image
    const request = { recorded: await recordedDigests(runtime.store), keep, isDry };
    return (await rollout.prune?.(request, context)) ?? { removed: [], kept: [] };
  };
  return isDry
    ? await prune()
    : await withLock(key, runtime, {
        work: "prune",
        doWork: async () =>
          await runStep(
            runtime.onProgress ?? silent,
            { step: "prune", now: clockOf(runtime) },
            prune,
          ),
      });
}

/** Images that any record of any deployment names. */
export async function recordedDigests({ deployments }: DeployStore): Promise<Set<Digest>> {
  const digests = new Set<Digest>();
  for await (const { platform, environment, name } of deployments.list()) {
    for await (const { image } of deployments.history({ platform, environment, name })) {
      if (image !== undefined) {
        digests.add(image.digest);
      }
    }
  }
  return digests;
}

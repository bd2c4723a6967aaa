/**
 * After a failure: take the new version away, leave or bring back the old one, record it, and tell what stands now.
 *
 * @module
 */
import type { Candidate, DeployContext, Standing } from "../adapters/adapter.ts";
import { BentoError } from "../core/bento-error.ts";
import { formatTag } from "../core/tag.ts";
import { planLine, verbLine } from "./command-line.ts";
import { type Run, recordOf } from "./run.ts";

/**
 * @param error - what ended the deploy
 * @param candidate - undefined when nothing had been started
 * @returns the error to throw
 */
export async function rollBack(
  error: unknown,
  candidate: Candidate | undefined,
  run: Run,
): Promise<unknown> {
  // The user's interruption must not stop the way back.
  const context = { ...run.context, signal: undefined };
  let standing: Standing | undefined;
  try {
    standing = await run.rollout.rollBack(candidate, run.request, context);
  } catch (cause) {
    const failed = new BentoError(
      "BENTO_ROLLBACK_FAILED",
      `${messageOf(error)}\nand the roll back failed: ${messageOf(cause)}`,
      {
        where: `deployment ${run.context.name}`,
        hint: `look at it: ${verbLine("status", run.request.plan)}; then deploy a version that works`,
        cause,
      },
    );
    const left = candidate ?? (await found(run, context));
    await record(failed, left, { run, outcome: "failed" });
    return failed;
  }
  const outcome = standing === undefined ? "failed" : "rolled-back";
  await record(error, standing ?? candidate ?? (await found(run, context)), { run, outcome });
  return await tell(error, standing, run);
}

/** What the platform has of it all the same: so that it is found, looked at and destroyed. */
async function found(run: Run, context: DeployContext): Promise<Standing | undefined> {
  try {
    return await run.rollout.find?.(context);
  } catch {
    return undefined; // the failure that is told came first
  }
}

async function record(
  error: unknown,
  standing: Standing | undefined,
  { run, outcome }: { run: Run; outcome: "failed" | "rolled-back" },
): Promise<void> {
  await run.runtime.store.deployments.append(
    recordOf(run, {
      details: standing?.details ?? {},
      url: outcome === "rolled-back" ? standing?.url : undefined,
      outcome,
      verified: false,
      message: messageOf(error),
    }),
  );
}

/** The same error, saying also what stands. Errors that are not ours stay as they are, unless the user stopped it. */
async function tell(
  error: unknown,
  standing: Standing | undefined,
  { request, runtime }: Run,
): Promise<unknown> {
  const isInterrupted = runtime.signal?.aborted === true;
  if (!isInterrupted && !BentoError.isInstance(error)) {
    return error;
  }
  const before =
    standing === undefined ? undefined : await runtime.store.deployments.running(request.plan);
  const where = standing?.url === undefined ? "" : ` at ${standing.url}`;
  const now =
    before === undefined
      ? "nothing was deployed"
      : `rolled back: ${formatTag(before.bento)} runs${where}`;
  if (isInterrupted || !BentoError.isInstance(error)) {
    return new BentoError("BENTO_INTERRUPTED", "interrupted", {
      where: `deployment ${request.plan.name} on ${request.plan.platform}, environment ${request.plan.environment}`,
      hint: `${now}; go on with the same options: ${planLine(request.plan)}`,
      cause: error,
    });
  }
  return new BentoError(error.code, error.message, {
    where: error.where,
    hint: error.hint === undefined ? now : `${now}; ${error.hint}`,
    cause: error,
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

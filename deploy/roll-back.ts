/**
 * After a failure: take the new version away, leave or bring back the old one, record it, and tell what stands now.
 *
 * @module
 */
import type { Candidate, Standing } from "../adapters/adapter.ts";
import { BentoError } from "../core/bento-error.ts";
import { formatTag } from "../core/tag.ts";
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
        hint: `look at it: bento deployment status ${run.context.name}; then deploy a version that works`,
        cause,
      },
    );
    await record(failed, candidate, { run, outcome: "failed" });
    return failed;
  }
  const outcome = standing === undefined ? "failed" : "rolled-back";
  await record(error, standing ?? candidate, { run, outcome });
  return await tell(error, standing, run);
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

/** The same error, saying also what stands. Errors that are not ours stay as they are. */
async function tell(
  error: unknown,
  standing: Standing | undefined,
  { request, runtime }: Run,
): Promise<unknown> {
  if (!BentoError.isInstance(error)) {
    return error;
  }
  const before =
    standing === undefined ? undefined : await runtime.store.deployments.running(request.plan);
  const where = standing?.url === undefined ? "" : ` at ${standing.url}`;
  const now =
    before === undefined
      ? "nothing was deployed"
      : `rolled back: ${formatTag(before.bento)} runs${where}`;
  return new BentoError(error.code, error.message, {
    where: error.where,
    hint: error.hint === undefined ? now : `${now}; ${error.hint}`,
    cause: error,
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * Carries plans out on ECS and looks after what stands there.
 *
 * @module
 */
import { BentoError } from "../../core/bento-error.ts";
import type { DeployContext, LogOptions, Rollout, Standing } from "../adapter.ts";
import { destroyStack } from "../aws/destroy-stack.ts";
import { tailLogGroup } from "../aws/logs.ts";
import { applyEcs } from "./apply.ts";
import { expectCandidate, verifyEcs } from "./candidate.ts";
import { detailsOf, sessionOf, stackOf } from "./details.ts";
import { logGroupOf } from "./last-lines.ts";
import { observedStack } from "./observe.ts";
import type { AwsEcsGpuOptions } from "./options.ts";
import { answerPause } from "./pause.ts";
import { pruneEcs } from "./prune.ts";
import { restoreEcs } from "./restore.ts";
import { rollBackEcs, standsNow } from "./roll-back.ts";
import { shiftEcs } from "./shift.ts";
import { statusEcs } from "./status.ts";
import { serviceStackName } from "./target.ts";
import { verbLine } from "./verb-line.ts";
import { versionsOf } from "./versions.ts";

export const ecsRollout: Rollout<AwsEcsGpuOptions> = {
  apply: applyEcs,
  async verify(candidate, { desired }, context) {
    const digest = desired.image?.digest ?? "";
    await verifyEcs(expectCandidate(candidate), digest, context);
  },
  async traffic(candidate, _request, context): Promise<Standing> {
    const { pausedAt, details, url } = expectCandidate(candidate);
    if (pausedAt !== undefined) {
      const message = `the new version waits at ${pausedAt}: ${verbLine("complete", context)}, or abort`;
      context.onProgress({ kind: "notice", message });
    }
    return { details, url, ...(pausedAt === undefined ? {} : { canary: 0 }) };
  },
  rollBack: async (candidate, request, context) =>
    await rollBackEcs(candidate && expectCandidate(candidate), request, context),
  status: statusEcs,
  logs: logsEcs,
  destroy: destroyEcs,
  find: async (context) => await standsNow(await sessionOf(context), context),
  versions: async (context) => await versionsOf(await sessionOf(context), context),
  shift: shiftEcs,
  restore: restoreEcs,
  prune: pruneEcs,
};

async function* logsEcs(options: LogOptions, context: DeployContext): AsyncIterable<string> {
  const session = await sessionOf(context);
  const group =
    detailsOf(context.details)?.logGroup ??
    (await logGroupOf(session, serviceStackName(context.name)));
  if (group === undefined) {
    throw new BentoError("BENTO_NOT_FOUND", `${context.name} has no log`, {
      where: `account ${session.account}, region ${session.region}`,
      hint: `look at it: ${verbLine("status", context)}`,
    });
  }
  yield* tailLogGroup(session, { ...options, group });
}

/** The repository stays: other deployments may run its images. */
async function destroyEcs(context: DeployContext): Promise<void> {
  const session = await sessionOf(context);
  const stack = await stackOf(session, context);
  if (stack === undefined) {
    return;
  }
  const bentoName = detailsOf(context.details)?.bento ?? observedStack(stack).spec?.bentoName;
  // CloudFormation deletes nothing that is at work, and this would be at work until somebody says a word.
  await answerPause(session, context, "ROLLBACK");
  const { retained } = await destroyStack(session, {
    stackName: stack.name,
    bentoName: bentoName ?? "",
    onProgress: context.onProgress,
  });
  for (const { resourceType, physicalId } of retained) {
    context.onProgress({ kind: "notice", message: `kept: ${resourceType} ${physicalId}` });
  }
}

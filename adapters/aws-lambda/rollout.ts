/**
 * Carries plans out on AWS Lambda: the new version comes up beside the old one, and one call to the alias gives it the
 * traffic or takes it back.
 *
 * @module
 */
import * as z from "zod";
import { BentoError } from "../../core/bento-error.ts";
import type { ApplyRequest, Candidate, DeployContext, Rollout, Standing } from "../adapter.ts";
import { destroyStack } from "../aws/destroy-stack.ts";
import { NAME_TAG } from "../aws/ownership.ts";
import type { AwsSession } from "../aws/session.ts";
import { readStack } from "../aws/stacks.ts";
import { applyLambda } from "./apply.ts";
import { awaitActive } from "./await-function.ts";
import { aliasTarget, isSameTarget } from "./decide.ts";
import { LambdaDetails, openFunction } from "./lambda-place.ts";
import { findLambda, lambdaLogs, lambdaStatus, lambdaVersions, standingOf } from "./look-after.ts";
import { expectAlias, moveAlias } from "./move-alias.ts";
import type { AwsLambdaOptions } from "./options.ts";
import { pruneLambda } from "./prune.ts";
import { readAlias, readFunction } from "./read-function.ts";
import { restoreLambda, shiftLambda } from "./shift.ts";
import { registryStackName, serviceStackName } from "./target.ts";

export const lambdaRollout: Rollout<AwsLambdaOptions> = {
  apply: applyLambda,
  async verify(candidate, { desired }, context) {
    const { session, functionName } = await openFunction(context, desired.options);
    await awaitActive(session, functionName, detailsIn(candidate).version);
  },
  traffic: giveTraffic,
  rollBack: rollBackLambda,
  status: lambdaStatus,
  logs: lambdaLogs,
  destroy: destroyLambda,
  find: findLambda,
  versions: lambdaVersions,
  shift: shiftLambda,
  restore: restoreLambda,
  prune: pruneLambda,
};

/** The alias as the plan saw it. */
const Basis = z.object({
  alias: z
    .object({
      revision: z.string(),
      version: z.string(),
      others: z.record(z.string(), z.number()),
    })
    .nullable(),
});

async function giveTraffic(
  candidate: Candidate,
  { desired, plan }: ApplyRequest<AwsLambdaOptions>,
  context: DeployContext,
): Promise<Standing> {
  const place = await openFunction(context, desired.options);
  const { session, functionName } = place;
  const details = detailsIn(candidate);
  const now = await expectAlias(session, functionName);
  const seen = Basis.safeParse(plan.basis).data?.alias;
  // where the stack has only now made the alias, nobody saw it before
  const from = seen === undefined || seen === null ? now : { ...now, revisionId: seen.revision };
  const target = aliasTarget(now, details.version, desired.canary);
  await moveAlias(session, { functionName, target, from });
  return await standingOf({ ...place, details }, context, details.version);
}

/**
 * The candidate stays as a version without traffic, for its log. The alias goes back only from where this deploy has
 * moved it: what another deploy gave the traffic meanwhile keeps it.
 *
 * @returns undefined where another deploy has moved it
 */
async function rollBackLambda(
  candidate: Candidate | undefined,
  { desired, plan }: ApplyRequest<AwsLambdaOptions>,
  context: DeployContext,
): Promise<Standing | undefined> {
  const seen = Basis.safeParse(plan.basis).data?.alias;
  if (seen === undefined || seen === null) {
    return undefined;
  }
  const place = await openFunction(context, desired.options);
  const { session, functionName } = place;
  const now = await readAlias(session, functionName);
  const isSeen = now !== undefined && isSameTarget(now, seen);
  const isOurs =
    now !== undefined &&
    candidate !== undefined &&
    isSameTarget(now, aliasTarget(seen, detailsIn(candidate).version, desired.canary));
  if (!isSeen && !isOurs) {
    return undefined;
  }
  await moveAlias(session, { functionName, target: seen, from: now });
  return await standingOf(place, context, seen.version);
}

async function destroyLambda(context: DeployContext): Promise<void> {
  const { session, functionName, details } = await openFunction(context);
  await refuseAdopted(session, functionName);
  const stackName = details.stack ?? serviceStackName(context.name);
  const bentoName = details.bento ?? (await ownerOf(session, { functionName, stackName }));
  const { retained } = await destroyStack(session, {
    stackName,
    bentoName,
    onProgress: context.onProgress,
    signal: context.signal,
  });
  const logs = retained.filter(({ resourceType }) => resourceType === "AWS::Logs::LogGroup");
  for (const { physicalId } of logs) {
    context.onProgress({ kind: "notice", message: `its log is kept: ${physicalId}` });
  }
  const { repository } = details;
  if (repository !== undefined && repository !== "") {
    context.onProgress({
      kind: "notice",
      message: `its images are kept: ${repository}; when no other deployment runs them: ${removal(session, { repository, bentoName })}`,
    });
  }
}

/** Without the stack's end, it would take the repository to be there still. */
function removal(
  { region }: AwsSession,
  { repository, bentoName }: { readonly repository: string; readonly bentoName: string },
): string {
  const stack = registryStackName(bentoName);
  return `aws cloudformation delete-stack --region ${region} --stack-name ${stack} && aws ecr delete-repository --force --region ${region} --repository-name ${repository}`;
}

/** What a CDK app has made is that app's to remove. */
async function refuseAdopted(session: AwsSession, functionName: string): Promise<void> {
  const latest = await readFunction(session, functionName);
  if (latest?.isAdopted === true) {
    throw new BentoError("BENTO_CONFLICT", `function ${functionName} is a CDK app's`, {
      where: latest.arn,
      hint: "remove it there: npx cdk destroy",
    });
  }
}

/** Where a deploy was killed before it could record whose it is. */
async function ownerOf(
  session: AwsSession,
  { functionName, stackName }: { readonly functionName: string; readonly stackName: string },
): Promise<string> {
  const latest = await readFunction(session, functionName);
  return latest?.bentoName ?? (await readStack(session, stackName))?.tags[NAME_TAG] ?? "";
}

function detailsIn({ details }: Candidate): LambdaDetails {
  return LambdaDetails.parse(details);
}

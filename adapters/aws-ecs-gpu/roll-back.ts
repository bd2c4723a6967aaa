/**
 * The way back: ECS takes back what waits, CloudFormation what is under way, and what is done is undone by deploying what
 * stood before.
 *
 * @module
 */
import type { EcsAppSpec } from "../../infra/ecs-spec.ts";
import type { ApplyRequest, DeployContext, Standing } from "../adapter.ts";
import { awsCall } from "../aws/aws-error.ts";
import type { ExpectedChange } from "../aws/deploy-stack.ts";
import type { AwsSession } from "../aws/session.ts";
import { stackState } from "../aws/stack-state.ts";
import { REPLACING } from "./announced-changes.ts";
import { changeSetName } from "./apply.ts";
import type { EcsCandidate } from "./candidate.ts";
import { deployService } from "./deploy-service.ts";
import { sessionOf, stackOf, standingOf } from "./details.ts";
import { observeService } from "./observe.ts";
import type { AwsEcsGpuOptions } from "./options.ts";
import { answerPause } from "./pause.ts";
import { servicePlace } from "./service-place.ts";
import { settledStack } from "./settle.ts";
import { verbLine } from "./verb-line.ts";
import { stopDeployment } from "./watch-service.ts";

/** @returns what stands then; undefined when nothing does, or only what failed */
export async function rollBackEcs(
  candidate: EcsCandidate | undefined,
  { plan, desired }: ApplyRequest<AwsEcsGpuOptions>,
  context: DeployContext,
): Promise<Standing | undefined> {
  const session = await sessionOf({ ...context, options: context.options ?? desired.options });
  if (candidate === undefined) {
    return await takenBack(session, changeSetName({ plan }), context);
  }
  const { before, pausedAt } = candidate;
  if (pausedAt !== undefined) {
    await answerPause(session, context, "ROLLBACK");
    await settledStack(session, context);
    return await standsNow(session, context);
  }
  if (before === undefined) {
    const message = `what was made is kept for its logs: ${verbLine("destroy", context)} ends it`;
    context.onProgress({ kind: "notice", message });
    return undefined;
  }
  const deadlineMs = desired.options.deployTimeoutMinutes * 60_000;
  const name = `${changeSetName({ plan })}-back`;
  // what the deploy has replaced may be replaced again
  await deployBack(session, before, { name, deadlineMs, expected: REPLACING }, context);
  return await standsNow(session, context);
}

interface Back {
  /** Of the change set. */
  readonly name: string;
  readonly deadlineMs: number;
  readonly expected: readonly ExpectedChange[];
}

/** Deploys what stood before. */
export async function deployBack(
  session: AwsSession,
  spec: EcsAppSpec,
  { name, deadlineMs, expected }: Back,
  context: DeployContext,
): Promise<string | undefined> {
  // A version that was good once waits for nobody's word.
  const { pauseAt: _pauseAt, pauseMinutes: _pauseMinutes, ...unpaused } = spec;
  return await deployService(
    session,
    { spec: unpaused, changeSetName: name, expected, deadlineMs },
    context,
  );
}

/** After a deploy that threw: CloudFormation has rolled it back, or works on it. What others are at is left alone. */
async function takenBack(
  session: AwsSession,
  changeSet: string,
  context: DeployContext,
): Promise<Standing | undefined> {
  const stack = await stackOf(session, context);
  const isOurs = stack?.changeSetId?.includes(`:changeSet/${changeSet}/`) === true;
  if (isOurs) {
    await stopUpdate(session, context);
  }
  return await standsNow(session, context);
}

/**
 * Takes an update back that is under way, whoever started it, and waits until that is done.
 *
 * @returns false when none is
 */
export async function stopUpdate(session: AwsSession, context: DeployContext): Promise<boolean> {
  const stack = await stackOf(session, context);
  if (stack?.status !== "UPDATE_IN_PROGRESS") {
    return false;
  }
  const place = await servicePlace(session, stack.name);
  const earlier = "the one before"; // an update has one to go back to
  const isStopped =
    place !== undefined && (await stopDeployment(session, place, { deployment: earlier }));
  if (!isStopped) {
    await cancelUpdate(session, stack.name);
  }
  await settledStack(session, context);
  return true;
}

async function cancelUpdate(session: AwsSession, stackName: string): Promise<void> {
  const cloudFormation = await session.cloudFormation();
  await awsCall(
    session,
    { action: "cloudformation:CancelUpdateStack", resource: stackName },
    (call) => cloudFormation.cancelUpdateStack({ StackName: stackName }, call),
  );
}

/** @returns undefined where the stack never came up */
export async function standsNow(
  session: AwsSession,
  context: DeployContext,
): Promise<Standing | undefined> {
  const stack = await stackOf(session, context);
  if (stack === undefined || stackState(stack.status) !== "standing") {
    return undefined;
  }
  const service = await observeService(session, stack);
  return standingOf(session, stack, service?.taskDefinition);
}

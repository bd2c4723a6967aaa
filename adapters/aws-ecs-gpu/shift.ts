/**
 * The two words that a deployment at a pause hook understands. ECS takes no share of traffic from outside.
 *
 * @module
 */
import { setTimeout as sleep } from "node:timers/promises";
import { BentoError } from "../../core/bento-error.ts";
import type { DeployContext, Shifted, TrafficShift } from "../adapter.ts";
import type { AwsSession } from "../aws/session.ts";
import { stackState } from "../aws/stack-state.ts";
import { sessionOf, stackOf } from "./details.ts";
import { answerPause, nothingWaits } from "./pause.ts";
import { standsNow, stopUpdate } from "./roll-back.ts";
import { settledStack } from "./settle.ts";
import { AWS_ECS_GPU } from "./target.ts";
import { verbLine } from "./verb-line.ts";
import { versionsOf } from "./versions.ts";

const POLL_MS = 1000;
const SLOWEST_MS = 15_000;

export async function shiftEcs(request: TrafficShift, context: DeployContext): Promise<Shifted> {
  if (request.kind === "weight") {
    throw new BentoError(
      "BENTO_UNSUPPORTED",
      `ECS moves traffic by its service's own steps, not to ${request.percent} %`,
      {
        where: `platform ${AWS_ECS_GPU}`,
        hint: `set rollout=canary and rolloutPercent=${request.percent} and deploy; bento deployment complete or abort ends it`,
      },
    );
  }
  const session = await sessionOf(context);
  const action = request.kind === "complete" ? "CONTINUE" : "ROLLBACK";
  if (!(await answerPause(session, context, action))) {
    // one that comes up in vain, and whose deploy was killed, is ended by the same word
    if (request.kind === "abort" && (await stopUpdate(session, context))) {
      return await shifted(session, context);
    }
    throw nothingWaits(context);
  }
  await (request.kind === "complete" ? goOn(session, context) : settledStack(session, context));
  return await shifted(session, context);
}

/** What stands after traffic was moved. */
export async function shifted(session: AwsSession, context: DeployContext): Promise<Shifted> {
  const standing = await standsNow(session, context);
  if (standing === undefined) {
    throw new BentoError("BENTO_UNHEALTHY", "nothing stands any more", {
      where: `deployment ${context.name}`,
      hint: `look at it: ${verbLine("status", context)}; then deploy again`,
    });
  }
  const versions = await versionsOf(session, context);
  return { ...standing, versions: versions.filter(({ percent }) => percent > 0) };
}

/** A stage may come more than once, before each step: the same word holds for all of them. */
async function goOn(session: AwsSession, context: DeployContext): Promise<void> {
  const { signal } = session;
  for (let pause = POLL_MS; ; pause = Math.min(pause * 1.5, SLOWEST_MS)) {
    const stack = await stackOf(session, context);
    if (stack === undefined || stackState(stack.status) !== "busy") {
      refuseTakenBack(stack?.status, context);
      return;
    }
    await answerPause(session, context, "CONTINUE");
    await sleep(pause, undefined, signal === undefined ? {} : { signal });
  }
}

function refuseTakenBack(status: string | undefined, context: DeployContext): void {
  if (status !== "UPDATE_COMPLETE" && status !== "CREATE_COMPLETE") {
    throw new BentoError("BENTO_UNHEALTHY", `it was taken back: the stack is ${status}`, {
      where: `deployment ${context.name}`,
      hint: `look at its log: ${verbLine("logs", context)}; mend it and deploy again`,
    });
  }
}

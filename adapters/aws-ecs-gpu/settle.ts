/**
 * Waits until CloudFormation has ended what it is at with a deployment's stack.
 *
 * @module
 */
import type { DeployContext } from "../adapter.ts";
import type { AwsSession } from "../aws/session.ts";
import { newestEvent } from "../aws/stack-events.ts";
import { stackState } from "../aws/stack-state.ts";
import type { ObservedStack } from "../aws/stacks.ts";
import { watchStack } from "../aws/watch-stack.ts";
import { stackOf } from "./details.ts";

/** @returns the stack as it stands then; undefined where there is none */
export async function settledStack(
  session: AwsSession,
  context: DeployContext,
): Promise<ObservedStack | undefined> {
  const stack = await stackOf(session, context);
  if (stack === undefined || stackState(stack.status) !== "busy") {
    return stack;
  }
  const { onProgress } = context;
  await watchStack(session, stack, { since: await newestEvent(session, stack.id), onProgress });
  return await stackOf(session, context);
}

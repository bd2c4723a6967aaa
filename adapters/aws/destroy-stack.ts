/**
 * Deletes a stack and waits until it is gone.
 *
 * @module
 */
import type { OnProgress } from "../../core/progress.ts";
import { runStep } from "../../core/run-step.ts";
import { awsCall } from "./aws-error.ts";
import { checkOwner } from "./ownership.ts";
import type { AwsSession } from "./session.ts";
import { newestEvent, readEvents } from "./stack-events.ts";
import { destroyFailure } from "./stack-failure.ts";
import { stackState } from "./stack-state.ts";
import { describeStack, type StackSummary } from "./stacks.ts";
import { type StackWaiting, type Watched, watchStack } from "./watch-stack.ts";

export interface DestroyStackOptions extends StackWaiting {
  readonly stackName: string;
  /** The bento that the stack is of: one labelled with another is never deleted. */
  readonly bentoName: string;
  readonly onProgress: OnProgress;
  /** @default the session's */
  readonly signal?: AbortSignal | undefined;
}

export interface RetainedResource {
  readonly logicalId: string;
  readonly resourceType: string;
  readonly physicalId: string;
}

export interface DestroyedStack {
  /** False when there was none. */
  readonly isChanged: boolean;
  /** What the template says is kept: it costs on, and the next deploy of that name finds it. */
  readonly retained: readonly RetainedResource[];
}

/**
 * Succeeds where there is none. What CloudFormation is at work on is waited for first.
 *
 * @throws BentoError BENTO_CONFLICT when the stack is another bento's, BENTO_PLATFORM with the resource that could not be
 * deleted, BENTO_INTERRUPTED, BENTO_UNREACHABLE
 */
export async function destroyStack(
  given: AwsSession,
  options: DestroyStackOptions,
): Promise<DestroyedStack> {
  const session = { ...given, signal: options.signal ?? given.signal };
  const stack = await describeStack(session, options.stackName);
  if (stack === undefined || stack.status === "DELETE_COMPLETE") {
    return { isChanged: false, retained: [] };
  }
  if (stackState(stack.status) !== "absent") {
    checkOwner({ what: `stack ${stack.name}`, tags: stack.tags }, options.bentoName);
  }
  await removeStack(session, stack, options);
  const events = await readEvents(session, stack.id, undefined).next();
  const retained = events.filter(({ status }) => status === "DELETE_SKIPPED");
  return {
    isChanged: true,
    retained: retained.map(({ logicalId, resourceType, physicalId }) => ({
      logicalId,
      resourceType,
      physicalId,
    })),
  };
}

/** Deletes a stack that is ours, in any state. */
export async function removeStack(
  session: AwsSession,
  stack: StackSummary,
  options: StackWaiting & Pick<DestroyStackOptions, "onProgress">,
): Promise<Watched> {
  return await runStep(options.onProgress, { step: `delete stack ${stack.name}` }, async () => {
    let since = await newestEvent(session, stack.id);
    if (stackState(stack.status) === "busy" && stack.status !== "DELETE_IN_PROGRESS") {
      const { events } = await watchStack(session, stack, { ...options, since });
      since = events.at(-1)?.id ?? since; // else that change's end would be taken for the deletion's
    }
    const client = await session.cloudFormation();
    const request = { action: "cloudformation:DeleteStack", resource: stack.id };
    await awsCall(session, request, (call) => client.deleteStack({ StackName: stack.id }, call));
    const watched = await watchStack(session, stack, { ...options, since });
    if (watched.stack.status !== "DELETE_COMPLETE") {
      throw destroyFailure(watched);
    }
    return watched;
  });
}

/**
 * Waits until Lambda has done what it was asked: an update of a function, a version that can be invoked.
 *
 * @module
 */
import { setTimeout as pause } from "node:timers/promises";
import type { FunctionConfiguration } from "@aws-sdk/client-lambda";
import { BentoError } from "../../core/bento-error.ts";
import { awsCall } from "../aws/aws-error.ts";
import type { AwsSession } from "../aws/session.ts";
import { functionArn } from "./lambda-place.ts";

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 5_000;
/** Instances of a new capacity provider take minutes to come. */
const DEADLINE_MS = 30 * 60_000;

/**
 * Until no update is under way.
 *
 * @returns the function as it is then
 * @throws BentoError BENTO_UNHEALTHY with Lambda's reason when the update failed
 */
export async function awaitUpdated(
  session: AwsSession,
  functionName: string,
): Promise<FunctionConfiguration> {
  const done = await until(session, functionName, {
    isOver: ({ LastUpdateStatus, State }) =>
      LastUpdateStatus !== "InProgress" && State !== "Pending",
    awaited: "its update",
  });
  if (done.LastUpdateStatus === "Failed") {
    throw new BentoError(
      "BENTO_UNHEALTHY",
      `Lambda could not update ${functionName}: ${reason(done.LastUpdateStatusReason, done.LastUpdateStatusReasonCode)}`,
      { where: functionArn(session, functionName), hint: "mend what it names and deploy again" },
    );
  }
  return done;
}

/**
 * Until a version takes invocations.
 *
 * @throws BentoError BENTO_UNHEALTHY with Lambda's reason when it never will
 */
export async function awaitActive(
  session: AwsSession,
  functionName: string,
  version: string,
): Promise<void> {
  const done = await until(session, functionName, {
    version,
    isOver: ({ State }) => State !== "Pending",
    awaited: `version ${version}`,
  });
  if (done.State === "Failed") {
    throw new BentoError(
      "BENTO_UNHEALTHY",
      `version ${version} did not start: ${reason(done.StateReason, done.StateReasonCode)}`,
      { where: functionArn(session, functionName, version), hint: "look at what it logged" },
    );
  }
}

interface Awaited {
  readonly version?: string;
  readonly isOver: (configuration: FunctionConfiguration) => boolean;
  /** For the message, when it never comes. */
  readonly awaited: string;
}

async function until(
  session: AwsSession,
  functionName: string,
  { version, isOver, awaited }: Awaited,
): Promise<FunctionConfiguration> {
  const lambda = await session.lambda();
  const resource = functionArn(session, functionName, version);
  const request = {
    FunctionName: functionName,
    ...(version === undefined ? {} : { Qualifier: version }),
  };
  const deadline = performance.now() + DEADLINE_MS;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    const found = await awsCall(
      session,
      { action: "lambda:GetFunctionConfiguration", resource },
      (call) => lambda.getFunctionConfiguration(request, call),
    );
    if (isOver(found)) {
      return found;
    }
    if (performance.now() > deadline) {
      throw new BentoError(
        "BENTO_UNHEALTHY",
        `${awaited} of ${functionName} does not come to an end`,
        {
          where: resource,
          hint: "look at the function in Lambda's console, then deploy again",
        },
      );
    }
    await pause(pauseMs, undefined, session.signal === undefined ? {} : { signal: session.signal });
  }
}

function reason(text: string | undefined, code: string | undefined): string {
  return (
    [text, code].filter((part) => part !== undefined && part !== "").join(" ") ||
    "no reason is given"
  );
}

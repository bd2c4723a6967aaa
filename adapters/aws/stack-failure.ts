/**
 * Why CloudFormation did not do what it was asked: the first resource that failed of itself, with its reason.
 *
 * @module
 */
import { BentoError } from "../../core/bento-error.ts";
import { policyLine } from "./aws-refusal.ts";
import type { AwsSession } from "./session.ts";
import { type EventWords, type ResourceEvent, resourceWords } from "./stack-events.ts";
import type { StackSummary } from "./stacks.ts";
import type { Watched } from "./watch-stack.ts";

/** The event that everything else follows from; what was only cancelled because of it does not count. */
export function firstFailure(events: readonly ResourceEvent[]): ResourceEvent | undefined {
  const failed = events.filter(({ status }) => status.endsWith("_FAILED"));
  const own = failed.filter(
    ({ isStack, reason }) => !isStack && !/^resource \w+ cancelled/i.test(reason),
  );
  return own[0] ?? failed[0];
}

/** The error for a stack whose change failed. */
export function deployFailure(
  session: AwsSession,
  { stack, events }: Watched,
  paths: EventWords["paths"],
): BentoError {
  const { name, status, id } = stack;
  const message = `${name} is ${status}: ${reasonOf(stack, events, paths)}`;
  if (status === "ROLLBACK_COMPLETE" || status === "UPDATE_ROLLBACK_COMPLETE") {
    const next = status === "ROLLBACK_COMPLETE" ? ", which deletes what is left of this stack" : "";
    const mend = message.includes("is not authorized to perform")
      ? `let an administrator allow that (${policyLine(session)} prints all that is needed)`
      : "mend what it names";
    return new BentoError("BENTO_UNHEALTHY", message, {
      where: id,
      hint: `CloudFormation has rolled it back; ${mend}, then deploy again${next}`,
    });
  }
  return new BentoError("BENTO_ROLLBACK_FAILED", message, {
    where: id,
    hint: wayOut(session, stack),
  });
}

/** The error for a stack that takes no deploy before somebody has looked at it. */
export function stuckStack(session: AwsSession, stack: StackSummary): BentoError {
  const reason = stack.statusReason === undefined ? "" : `: ${stack.statusReason}`;
  return new BentoError("BENTO_PLATFORM", `${stack.name} is ${stack.status}${reason}`, {
    where: stack.id,
    hint: wayOut(session, stack),
  });
}

/** The error for a stack that was not deleted. */
export function destroyFailure({ stack, events }: Watched): BentoError {
  const { name, status, id } = stack;
  return new BentoError(
    "BENTO_PLATFORM",
    `${name} is ${status}: ${reasonOf(stack, events, undefined)}`,
    { where: id, hint: "mend what CloudFormation names, then destroy it again" },
  );
}

function reasonOf(
  { statusReason }: StackSummary,
  events: readonly ResourceEvent[],
  paths: EventWords["paths"],
): string {
  const event = firstFailure(events);
  if (event === undefined) {
    return statusReason ?? "CloudFormation gives no reason";
  }
  const reason = event.reason.trim().replace(/\s+/g, " ").replace(/\.$/, "");
  const path = paths?.get(event.logicalId);
  const id = path === undefined ? "" : ` (${event.logicalId})`;
  return `${resourceWords(event, paths)}${id} ${event.status}: ${reason || "no reason given"}`;
}

function wayOut({ region }: AwsSession, { name, status }: StackSummary): string {
  const flags = `--stack-name ${name} --region ${region}`;
  if (status === "UPDATE_ROLLBACK_FAILED") {
    return `mend what CloudFormation names, then aws cloudformation continue-update-rollback ${flags}, then deploy again`;
  }
  if (status === "UPDATE_FAILED") {
    return `aws cloudformation rollback-stack ${flags}, then deploy again`;
  }
  return `look with aws cloudformation describe-stack-events ${flags}; deploying again plans to delete and create it`;
}

/**
 * A change set: what CloudFormation would do to a stack, read whole and compared with what a plan announced.
 *
 * @module
 */
import type { Change, DescribeChangeSetOutput } from "@aws-sdk/client-cloudformation";
import { BentoError } from "../../core/bento-error.ts";
import { awsCall, awsFind, isAwsError } from "./aws-error.ts";
import type { AwsSession } from "./session.ts";

/** A change of one resource, as a plan announces it. */
export interface ExpectedChange {
  /** In the template. @default any of the type */
  readonly logicalId?: string | undefined;
  /** E.g. `AWS::Lambda::Function`. */
  readonly resourceType: string;
  readonly action: "Add" | "Modify" | "Remove";
  /** Whether it is made anew and the old one deleted. @default false */
  readonly isReplacement?: boolean | undefined;
}

/** A change of one resource, as CloudFormation would make it. */
export interface ResourceChange {
  readonly logicalId: string;
  readonly resourceType: string;
  readonly action: string;
  readonly isReplacement: boolean;
  /** Whether it is told of for its references to what changes alone, and will be none where these stay. @default false */
  readonly isOnlyPossible?: boolean | undefined;
}

export interface ChangeSet {
  readonly id: string;
  /** Of the stack, which is under review when it is to be created. */
  readonly stackId: string;
  readonly status: string;
  readonly statusReason: string;
  /** E.g. `AVAILABLE`, `EXECUTE_COMPLETE`, `OBSOLETE`. */
  readonly executionStatus: string;
  readonly changes: readonly ResourceChange[];
}

export interface ChangeSetName {
  readonly stackName: string;
  readonly changeSetName: string;
}

/** @returns undefined where there is none */
export async function readChangeSet(
  session: AwsSession,
  { stackName, changeSetName }: ChangeSetName,
): Promise<ChangeSet | undefined> {
  const client = await session.cloudFormation();
  const request = { action: "cloudformation:DescribeChangeSet", resource: stackName };
  const name = { StackName: stackName, ChangeSetName: changeSetName };
  const changes: Change[] = [];
  let token: string | undefined;
  let first: DescribeChangeSetOutput | undefined;
  do {
    const input = token === undefined ? name : { ...name, NextToken: token };
    const page = await awsFind(session, request, (call) => client.describeChangeSet(input, call));
    if (page === undefined) {
      return undefined;
    }
    first ??= page;
    changes.push(...(page.Changes ?? []));
    token = page.NextToken;
  } while (token !== undefined && token !== "");
  return {
    id: first.ChangeSetId ?? changeSetName,
    stackId: first.StackId ?? stackName,
    status: first.Status ?? "",
    statusReason: first.StatusReason ?? "",
    executionStatus: first.ExecutionStatus ?? "",
    changes: changes.flatMap(changeOf),
  };
}

export async function deleteChangeSet(
  session: AwsSession,
  { id, stackId }: ChangeSet,
): Promise<void> {
  const client = await session.cloudFormation();
  // policies are about stacks
  const request = { action: "cloudformation:DeleteChangeSet", resource: stackId };
  const input = { StackName: stackId, ChangeSetName: id };
  await awsFind(session, request, (call) => client.deleteChangeSet(input, call));
}

/**
 * Begins the work. An answer that got lost is no failure: what counts is that this very change set is executed.
 *
 * @param token - the same one again begins nothing new
 * @throws BentoError BENTO_CONFLICT when it is not there any more, or not to be executed
 */
export async function executeChangeSet(
  session: AwsSession,
  { id, stackId }: ChangeSet,
  token: string,
): Promise<void> {
  const client = await session.cloudFormation();
  const request = { action: "cloudformation:ExecuteChangeSet", resource: stackId };
  const input = { StackName: stackId, ChangeSetName: id, ClientRequestToken: token };
  try {
    await awsCall(session, request, (call) => client.executeChangeSet(input, call));
  } catch (error) {
    if (!isTakenAway(error)) {
      throw error;
    }
    const now = await readChangeSet(session, { stackName: stackId, changeSetName: id });
    if (now?.executionStatus.startsWith("EXECUTE_") === true) {
      return;
    }
    throw new BentoError("BENTO_CONFLICT", "another deploy has changed the stack meanwhile", {
      where: stackId,
      hint: "run the same command again: it waits for the other one and plans anew",
      cause: error,
    });
  }
}

/** Whether there is nothing to do: CloudFormation calls such a change set failed. */
export function isEmpty({ status, statusReason, changes }: ChangeSet): boolean {
  return (
    changes.length === 0 &&
    status === "FAILED" &&
    /didn't contain changes|no updates are to be performed/i.test(statusReason)
  );
}

/**
 * Replacements and removals that nobody announced; what is added or changed in place may be more than was announced.
 * Pure.
 */
export function unannounced(
  changes: readonly ResourceChange[],
  expected: readonly ExpectedChange[],
): readonly ResourceChange[] {
  return changes
    .filter(({ action, isReplacement }) => action === "Remove" || isReplacement)
    .filter((change) => !expected.some((one) => covers(one, change)));
}

/** @throws BentoError BENTO_STALE_PLAN naming what was not announced */
export function checkAnnounced(
  { changes, stackId }: ChangeSet,
  expected: readonly ExpectedChange[],
): void {
  const surprises = unannounced(changes, expected).map(
    ({ action, resourceType, logicalId }) =>
      `${action === "Remove" ? "removes" : "replaces"} ${resourceType} ${logicalId}`,
  );
  if (surprises.length > 0) {
    const lines = surprises.map((line) => `\n  ${line}`).join("");
    throw new BentoError(
      "BENTO_STALE_PLAN",
      `CloudFormation would do what the plan does not announce:${lines}`,
      { where: stackId, hint: "make the plan again and look at it; nothing was changed" },
    );
  }
}

/**
 * @param only - types of resources that may change; what refers to one of them and stays as it is may be told of
 * @throws BentoError BENTO_STALE_PLAN naming what else would change
 */
export function checkOnly(
  { changes, stackId }: ChangeSet,
  only: readonly string[] | undefined,
): void {
  const others = changes.filter(
    ({ resourceType, isOnlyPossible }) =>
      only?.includes(resourceType) === false && isOnlyPossible !== true,
  );
  if (others.length > 0) {
    const lines = others.map(
      ({ action, resourceType, logicalId }) =>
        `\n  ${action.toLowerCase()} ${resourceType} ${logicalId}`,
    );
    throw new BentoError(
      "BENTO_STALE_PLAN",
      `CloudFormation would change more than the plan announces:${lines.join("")}`,
      { where: stackId, hint: "make the plan again and look at it; nothing was changed" },
    );
  }
}

function covers(expected: ExpectedChange, change: ResourceChange): boolean {
  const isSame =
    expected.resourceType === change.resourceType &&
    (expected.logicalId ?? change.logicalId) === change.logicalId;
  return (
    isSame &&
    (change.action === "Remove" ? expected.action === "Remove" : expected.isReplacement === true)
  );
}

/** Conditional ones are in-place changes mostly: CloudFormation says so of all that refers to what changes. */
function changeOf({ ResourceChange: change }: Change): ResourceChange[] {
  return change === undefined
    ? []
    : [
        {
          logicalId: change.LogicalResourceId ?? "",
          resourceType: change.ResourceType ?? "",
          action: change.Action ?? "",
          isReplacement: change.Replacement === "True",
          isOnlyPossible: isOnlyPossible(change),
        },
      ];
}

function isOnlyPossible({ Replacement, Details = [] }: NonNullable<Change["ResourceChange"]>) {
  const isDynamic =
    Details.length > 0 && Details.every(({ Evaluation }) => Evaluation === "Dynamic");
  return isDynamic && Replacement !== "True";
}

function isTakenAway(error: unknown): boolean {
  return (
    BentoError.isInstance(error) &&
    (error.code === "BENTO_NOT_FOUND" ||
      error.code === "BENTO_CONFLICT" ||
      isAwsError(error, "InvalidChangeSetStatus"))
  );
}

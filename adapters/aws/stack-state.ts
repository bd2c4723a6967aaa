/**
 * What the states of a CloudFormation stack mean for the next deploy.
 *
 * @module
 */

/**
 * - `absent`: nothing there, or only a review of a first change set
 * - `busy`: CloudFormation works on it: wait
 * - `standing`: takes updates
 * - `unborn`: its creation failed, or its deletion: it takes no updates, only delete and create
 * - `stuck`: a roll back failed: somebody has to look
 */
export type StackState = "absent" | "busy" | "standing" | "unborn" | "stuck";

/** @param status - as CloudFormation says; undefined where there is no stack */
export function stackState(status: string | undefined): StackState {
  if (status === undefined || status === "REVIEW_IN_PROGRESS" || status === "DELETE_COMPLETE") {
    return "absent";
  }
  if (status.endsWith("_IN_PROGRESS")) {
    return "busy";
  }
  if (UNBORN.has(status)) {
    return "unborn";
  }
  return status.endsWith("_FAILED") ? "stuck" : "standing";
}

const UNBORN: ReadonlySet<string> = new Set([
  "ROLLBACK_COMPLETE",
  "ROLLBACK_FAILED",
  "CREATE_FAILED",
  "DELETE_FAILED",
]);

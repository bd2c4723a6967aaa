/**
 * Tasks that ended because of themselves, in words: not those that ECS stopped to make room for others.
 *
 * @module
 */
import type { Task } from "@aws-sdk/client-ecs";

/** Codes of ECS for what a task did, or what kept it from starting. */
const OWN_FAULT: ReadonlySet<string> = new Set(["EssentialContainerExited", "TaskFailedToStart"]);

export function failedTasks(tasks: readonly Task[]): readonly Task[] {
  return tasks.filter(
    ({ stopCode, stoppedReason = "" }) =>
      (stopCode !== undefined && OWN_FAULT.has(stopCode)) ||
      /failed .*health checks/i.test(stoppedReason),
  );
}

/** E.g. `Essential container in task exited (exit code 3)`. */
export function failureOf({ stoppedReason = "it stopped", containers = [] }: Task): string {
  const details = containers.flatMap(({ exitCode, reason }) => [
    ...(exitCode === undefined ? [] : [`exit code ${exitCode}`]),
    ...(reason === undefined ? [] : [reason]),
  ]);
  return details.length === 0 ? stoppedReason : `${stoppedReason} (${details.join(", ")})`;
}

import type { Task } from "@aws-sdk/client-ecs";
import { describe, expect, it } from "vitest";
import { failedTasks, failureOf } from "../../../adapters/aws-ecs-gpu/task-failures.ts";

const DIED: Task = {
  stopCode: "EssentialContainerExited",
  stoppedReason: "Essential container in task exited",
  containers: [{ exitCode: 3 }],
};
const UNREADY: Task = {
  stopCode: "ServiceSchedulerInitiated",
  stoppedReason: "Task failed ELB health checks in (target-group blue)",
};
const UNPULLED: Task = {
  stopCode: "TaskFailedToStart",
  stoppedReason: "CannotPullContainerError",
  containers: [{ reason: "manifest unknown" }],
};
const MADE_ROOM: Task = {
  stopCode: "ServiceSchedulerInitiated",
  stoppedReason: "Scaling activity initiated by (deployment ecs-svc/1)",
};

describe("failedTasks", () => {
  it("are those that ended by themselves or were not ready, not those that made room", () => {
    const tasks = [MADE_ROOM, DIED, UNREADY, UNPULLED, {}];
    expect(failedTasks(tasks)).toEqual([DIED, UNREADY, UNPULLED]);
  });
});

describe("failureOf", () => {
  it.each<[Task, string]>([
    [DIED, "Essential container in task exited (exit code 3)"],
    [UNREADY, "Task failed ELB health checks in (target-group blue)"],
    [UNPULLED, "CannotPullContainerError (manifest unknown)"],
    [{}, "it stopped"],
  ])("says why", (task, words) => {
    expect(failureOf(task)).toBe(words);
  });
});

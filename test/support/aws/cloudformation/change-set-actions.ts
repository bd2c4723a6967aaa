/**
 * CloudFormation's actions on change sets.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import { AwsFailure } from "../aws-call.ts";
import { isTrue, needText, textOf } from "../members.ts";
import { canonicalOutputs } from "./canonical-outputs.ts";
import { changeList } from "./change-list.ts";
import { checkRole } from "./check-role.ts";
import type { StackAction } from "./cloudformation-service.ts";
import { checkName, checkUpdatable, findChangeSet, findStack, stackNamed } from "./find-stack.ts";
import { readTarget } from "./read-target.ts";
import { changeSetMembers } from "./stack-answers.ts";
import { startDeploy } from "./stack-run.ts";
import { type ChangeSet, moveStack, newStack, type Stack, type Target } from "./stack-state.ts";
import { invalid } from "./template.ts";

const NO_CHANGES =
  "The submitted information didn't contain changes. Submit different information to create a change set.";

export const changeSetActions: Readonly<Record<string, StackAction>> = {
  async CreateChangeSet(parameters, { world, request }) {
    const stackName = needText(parameters, "StackName");
    const name = needText(parameters, "ChangeSetName");
    checkName(name, "changeSetName");
    const kind = textOf(parameters, "ChangeSetType") === "CREATE" ? "CREATE" : "UPDATE";
    await checkRole(parameters, world);
    const found = stackNamed(stackName, world);
    const target = readTarget(parameters, found, world);
    const { account, region } = world.dispatcher;
    if (kind === "UPDATE" && (found === undefined || found.status === "REVIEW_IN_PROGRESS")) {
      throw invalid(`Stack [${stackName}] does not exist`);
    }
    const stack = stackFor(kind, found, () => {
      checkName(stackName, "stackName");
      const made = newStack(stackName, { account, region, principal: request.principal });
      moveStack(made, "REVIEW_IN_PROGRESS", "User Initiated");
      world.stacks.set(made.id, made);
      return made;
    });
    if (stack.changeSets.has(name)) {
      throw new AwsFailure(
        "AlreadyExistsException",
        `ChangeSet ${name} cannot be created due to a mismatch with existing attribute Template`,
      );
    }
    const changes = changeList(stack, target, world);
    const isEmpty = changes.length === 0 && isSameBeside(stack, target);
    const set: ChangeSet = {
      id: `arn:aws:cloudformation:${region}:${account}:changeSet/${name}/${randomUUID()}`,
      name,
      kind,
      target,
      changes,
      createdAt: new Date(),
      status: isEmpty ? "FAILED" : "CREATE_COMPLETE",
      execution: isEmpty ? "UNAVAILABLE" : "AVAILABLE",
      reason: isEmpty ? NO_CHANGES : undefined,
      description: textOf(parameters, "Description"),
    };
    stack.changeSets.set(name, set);
    return { Id: set.id, StackId: stack.id };
  },
  DescribeChangeSet(parameters, { world }) {
    const { stack, set } = findChangeSet(parameters, world);
    return changeSetMembers(stack, set);
  },
  ListChangeSets(parameters, { world }) {
    const stack = findStack(parameters, world);
    const summaries = [...stack.changeSets.values()].map((set) => {
      const { Changes: _, Parameters: __, Tags: ___, ...summary } = changeSetMembers(stack, set);
      return summary;
    });
    return { Summaries: summaries };
  },
  ExecuteChangeSet(parameters, { world, request }) {
    const { stack, set } = findChangeSet(parameters, world);
    if (set.execution !== "AVAILABLE") {
      throw new AwsFailure(
        "InvalidChangeSetStatus",
        `ChangeSet [${set.id}] cannot be executed in its current execution status of [${set.execution}]`,
      );
    }
    if (set.kind === "CREATE" ? stack.status !== "REVIEW_IN_PROGRESS" : isBusy(stack)) {
      throw invalid(`Stack:${stack.id} is in ${stack.status} state and can not be updated.`);
    }
    for (const other of stack.changeSets.values()) {
      other.execution = other === set ? "EXECUTE_IN_PROGRESS" : "OBSOLETE";
    }
    stack.disablesRollback = isTrue(parameters, "DisableRollback");
    const { target, kind } = set;
    const run = startDeploy(stack, { target, kind, world, principal: request.principal });
    void run.then((isDone) => {
      set.execution = isDone ? "EXECUTE_COMPLETE" : "EXECUTE_FAILED";
    });
    return {};
  },
  DeleteChangeSet(parameters, { world }) {
    const nameOrId = needText(parameters, "ChangeSetName");
    const stacks =
      textOf(parameters, "StackName") === undefined
        ? [...world.stacks.values()]
        : [findStack(parameters, world)];
    for (const { changeSets } of stacks) {
      for (const { id, name } of changeSets.values()) {
        if (id === nameOrId || name === nameOrId) {
          changeSets.delete(name);
        }
      }
    }
    return {};
  },
};

function stackFor(kind: "CREATE" | "UPDATE", found: Stack | undefined, make: () => Stack): Stack {
  if (kind === "CREATE") {
    if (found !== undefined && found.status !== "REVIEW_IN_PROGRESS") {
      throw new AwsFailure(
        "AlreadyExistsException",
        `Stack [${found.name}] already exists and cannot be created again with the changeSet [CREATE].`,
      );
    }
    return found ?? make();
  }
  if (found !== undefined) {
    checkUpdatable(found);
  }
  return found ?? make();
}

function isBusy({ status }: Stack): boolean {
  return status.endsWith("_IN_PROGRESS");
}

/** What changes without a change of a resource. */
function isSameBeside(stack: Stack, target: Target): boolean {
  const before = stack.target;
  return (
    before !== undefined &&
    JSON.stringify(before.tags) === JSON.stringify(target.tags) &&
    canonicalOutputs(before) === canonicalOutputs(target)
  );
}

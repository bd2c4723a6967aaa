/**
 * Finds stacks and change sets by name or ARN; deleted stacks have no name any more.
 *
 * @module
 */
import { AwsFailure, type Members } from "../aws-call.ts";
import { needText, textOf } from "../members.ts";
import type { ChangeSet, Stack } from "./stack-state.ts";
import type { StackWorld } from "./stack-world.ts";
import { invalid } from "./template.ts";

const NAME = /^[a-zA-Z][-a-zA-Z0-9]{0,127}$/;

export function stackNamed(nameOrId: string, { stacks }: StackWorld): Stack | undefined {
  const byId = stacks.get(nameOrId);
  return (
    byId ??
    [...stacks.values()].find(({ name, deletedAt }) => name === nameOrId && deletedAt === undefined)
  );
}

/** @throws AwsFailure ValidationError when there is none */
export function findStack(parameters: Members, world: StackWorld): Stack {
  const nameOrId = needText(parameters, "StackName");
  const stack = stackNamed(nameOrId, world);
  if (stack === undefined) {
    throw invalid(`Stack with id ${nameOrId} does not exist`);
  }
  return stack;
}

export interface FoundChangeSet {
  readonly stack: Stack;
  readonly set: ChangeSet;
}

/** @throws AwsFailure ChangeSetNotFound */
export function findChangeSet(parameters: Members, world: StackWorld): FoundChangeSet {
  const nameOrId = needText(parameters, "ChangeSetName");
  const stacks =
    textOf(parameters, "StackName") === undefined
      ? [...world.stacks.values()]
      : [findStack(parameters, world)];
  for (const stack of stacks) {
    const set = [...stack.changeSets.values()].find(
      ({ id, name }) => id === nameOrId || name === nameOrId,
    );
    if (set !== undefined) {
      return { stack, set };
    }
  }
  throw new AwsFailure("ChangeSetNotFound", `ChangeSet [${nameOrId}] does not exist`, 404);
}

/** @throws AwsFailure ValidationError for what is no name */
export function checkName(name: string, member: string): void {
  if (!NAME.test(name)) {
    throw invalid(
      `1 validation error detected: Value '${name}' at '${member}' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*`,
    );
  }
}

/** @throws AwsFailure ValidationError for a stack that is busy, or that cannot be updated any more */
export function checkUpdatable({ id, status }: Stack): void {
  const isFine = /^(?:CREATE_COMPLETE|UPDATE_COMPLETE|UPDATE_ROLLBACK_COMPLETE|IMPORT_COMPLETE)$/;
  if (!isFine.test(status)) {
    throw invalid(`Stack:${id} is in ${status} state and can not be updated.`);
  }
}

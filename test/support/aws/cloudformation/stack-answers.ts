/**
 * Stacks, events, resources and change sets as CloudFormation tells them.
 *
 * @module
 */
import type { Members } from "../aws-call.ts";
import { listOf, textOf } from "../members.ts";
import type { ChangeSet, Stack, StackEvent, StackResource, Target } from "./stack-state.ts";

export function stackMembers(stack: Stack): Members {
  const { target } = stack;
  const executed = [...stack.changeSets.values()].find(({ execution }) =>
    execution.startsWith("EXECUTE_"),
  );
  return {
    StackId: stack.id,
    StackName: stack.name,
    ChangeSetId: executed?.id,
    Description: textOf(target?.template.document ?? {}, "Description"),
    Parameters: parameterList(target),
    CreationTime: stack.createdAt,
    LastUpdatedTime: stack.updatedAt,
    DeletionTime: stack.deletedAt,
    RollbackConfiguration: {},
    StackStatus: stack.status,
    StackStatusReason: stack.reason,
    DisableRollback: stack.disablesRollback,
    NotificationARNs: [],
    Capabilities: target?.capabilities ?? [],
    Outputs: stack.outputs,
    Tags: tagList(target),
    EnableTerminationProtection: stack.isProtected,
    DriftInformation: { StackDriftStatus: "NOT_CHECKED" },
  };
}

export function parameterList(target: Target | undefined): readonly Members[] {
  return Object.entries(target?.parameters ?? {}).map(([ParameterKey, ParameterValue]) => ({
    ParameterKey,
    ParameterValue,
  }));
}

export function tagList(target: Target | undefined): readonly Members[] {
  return Object.entries(target?.tags ?? {}).map(([Key, Value]) => ({ Key, Value }));
}

export function eventMembers(stack: Stack, event: StackEvent): Members {
  return {
    StackId: stack.id,
    EventId: event.id,
    StackName: stack.name,
    LogicalResourceId: event.logicalId,
    PhysicalResourceId: event.physicalId,
    ResourceType: event.type,
    Timestamp: event.at,
    ResourceStatus: event.status,
    ResourceStatusReason: event.reason,
  };
}

export function resourceMembers(stack: Stack, resource: StackResource): Members {
  return {
    StackName: stack.name,
    StackId: stack.id,
    LogicalResourceId: resource.logicalId,
    PhysicalResourceId: resource.physicalId,
    ResourceType: resource.type,
    Timestamp: resource.updatedAt,
    LastUpdatedTimestamp: resource.updatedAt,
    ResourceStatus: resource.status,
    DriftInformation: { StackResourceDriftStatus: "NOT_CHECKED" },
  };
}

export function changeSetMembers(stack: Stack, set: ChangeSet): Members {
  return {
    ChangeSetName: set.name,
    ChangeSetId: set.id,
    StackId: stack.id,
    StackName: stack.name,
    Description: set.description,
    Parameters: parameterList(set.target),
    CreationTime: set.createdAt,
    ExecutionStatus: set.execution,
    Status: set.status,
    StatusReason: set.reason,
    NotificationARNs: [],
    RollbackConfiguration: {},
    Capabilities: set.target.capabilities,
    Tags: tagList(set.target),
    Changes: set.changes,
    IncludeNestedStacks: true,
  };
}

/** A page of at most that many under `name`, with `NextToken` while there is more. */
export function tokenPage(
  name: string,
  all: readonly unknown[],
  { parameters, size }: { parameters: Members; size: number },
): Members {
  const start = Number(textOf(parameters, "NextToken") ?? 0);
  const end = start + size;
  return { [name]: all.slice(start, end), NextToken: end < all.length ? String(end) : undefined };
}

/** Tags of a request. */
export function requestTags(parameters: Members): Readonly<Record<string, string>> {
  const tags = listOf(parameters, "Tags") as readonly { Key?: string; Value?: string }[];
  return Object.fromEntries(tags.map(({ Key = "", Value = "" }) => [Key, Value]));
}

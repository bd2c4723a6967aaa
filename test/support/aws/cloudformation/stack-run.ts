/**
 * What is under way on a stack: creation, update, deletion, and the way back when a resource fails.
 *
 * @module
 */
import type { Members, Principal } from "../aws-call.ts";
import { asMembers, isMembers, membersOf, textOf } from "../members.ts";
import { holds as holdsCondition, resolve } from "./intrinsics.ts";
import { inOrder } from "./order.ts";
import { providerOf, putResource, removeResource, restoreResource } from "./resource-step.ts";
import {
  moveStack,
  type Run,
  type Stack,
  type StackResource,
  signal,
  type Target,
} from "./stack-state.ts";
import { isWanted, type Look, propertiesOf, type StackWorld, scopeOf } from "./stack-world.ts";

export interface DeployOptions {
  readonly target: Target;
  readonly kind: "CREATE" | "UPDATE";
  readonly principal: Principal;
  readonly world: StackWorld;
}

/** Starts what brings a stack to a target; the stack tells how it goes. @returns whether it got there */
export function startDeploy(stack: Stack, options: DeployOptions): Promise<boolean> {
  const { kind, principal } = options;
  stack.principal = principal;
  moveStack(stack, `${kind}_IN_PROGRESS`, "User Initiated");
  stack.updatedAt = kind === "UPDATE" ? new Date() : undefined;
  return start(stack, async () => await deploy(stack, options));
}

export function startDelete(
  stack: Stack,
  {
    principal,
    world,
    retained,
  }: { principal: Principal; world: StackWorld; retained: readonly string[] },
): void {
  stack.principal = principal;
  moveStack(stack, "DELETE_IN_PROGRESS", "User Initiated");
  void start(stack, async () => {
    const failed = await removeAll(stack, world, retained);
    if (failed.length > 0) {
      moveStack(
        stack,
        "DELETE_FAILED",
        `The following resource(s) failed to delete: [${failed.join(", ")}]. `,
      );
      return;
    }
    stack.deletedAt = new Date();
    stack.outputs = [];
    moveStack(stack, "DELETE_COMPLETE");
  });
}

/** Goes on with a rollback that failed, or rolls back what was left as it failed. */
export function startRollback(
  stack: Stack,
  {
    principal,
    skipped,
    prefix,
  }: { principal: Principal; skipped: readonly string[]; prefix: string },
): void {
  stack.principal = principal;
  stack.undo = stack.undo.filter(({ logicalId }) => !skipped.includes(logicalId));
  moveStack(stack, `${prefix}_IN_PROGRESS`);
  void start(stack, async () => await rollBack(stack, prefix));
}

function start<Result>(stack: Stack, work: () => Promise<Result>): Promise<Result> {
  const run: Run = { holds: 0, isOver: false, changed: Promise.withResolvers() };
  stack.run = run;
  return work().finally(() => {
    run.isOver = true;
    signal(run);
  });
}

async function deploy(stack: Stack, { target, kind, world }: DeployOptions): Promise<boolean> {
  const before = { target: stack.target, outputs: stack.outputs };
  const at = { logicalId: "" };
  stack.undo = [];
  stack.target = target;
  try {
    const leftovers = await putAll(stack, { target, world, at });
    stack.outputs = outputsOf(stack, target, world);
    if (leftovers.length > 0) {
      await cleanUp(stack, leftovers, world);
    }
  } catch (error) {
    const verb = kind === "CREATE" ? "create" : "update";
    const reason =
      at.logicalId === ""
        ? String(error instanceof Error ? error.message : error)
        : `The following resource(s) failed to ${verb}: [${at.logicalId}]. `;
    await fail(stack, { kind, reason, before });
    return false;
  }
  moveStack(stack, `${kind}_COMPLETE`);
  stack.undo = [];
  return true;
}

interface PutAll {
  readonly target: Target;
  readonly world: StackWorld;
  /** Tells which resource it is at; empty when they are all there. */
  readonly at: { logicalId: string };
}

/** Makes or changes what is wanted. @returns what is to go: what was replaced, and what is wanted no more */
async function putAll(stack: Stack, { target, world, at }: PutAll): Promise<StackResource[]> {
  const scope = scopeOf(stack, target, { world, look: lookAt(stack) });
  const wanted = inOrder(target.template.resources).filter((one) => isWanted(one, scope));
  const replaced: StackResource[] = [];
  for (const resource of wanted) {
    at.logicalId = resource.logicalId;
    const provider = providerOf(resource.type, world);
    const properties = propertiesOf(resource, scope, { target, provider });
    const existing = stack.resources.get(resource.logicalId);
    if (existing !== undefined && isSame(existing.properties, properties)) {
      const { retention, metadata } = resource;
      stack.resources.set(resource.logicalId, { ...existing, retention, metadata });
      continue;
    }
    const isReplaced =
      existing !== undefined &&
      (existing.type !== resource.type ||
        changes(provider.replacedBy, existing.properties, properties));
    const isNew = existing === undefined || isReplaced;
    const kept = isNew ? {} : { existing };
    const put = await putResource(stack, resource, { properties, world, ...kept });
    replaced.push(...(isReplaced ? [existing] : []));
    stack.undo.unshift(undoOf(stack, { put, existing, isNew, world }));
  }
  at.logicalId = "";
  const names = new Set(wanted.map(({ logicalId }) => logicalId));
  return [...replaced, ...[...stack.resources.values()].filter((one) => !names.has(one.logicalId))];
}

interface Before {
  readonly target: Target | undefined;
  readonly outputs: readonly Members[];
}

async function fail(
  stack: Stack,
  { kind, reason, before }: { kind: "CREATE" | "UPDATE"; reason: string; before: Before },
): Promise<void> {
  if (stack.disablesRollback) {
    moveStack(stack, `${kind}_FAILED`, reason);
    return;
  }
  const prefix = kind === "CREATE" ? "ROLLBACK" : "UPDATE_ROLLBACK";
  moveStack(stack, `${prefix}_IN_PROGRESS`, `${reason}Rollback requested by user. `);
  if (kind === "UPDATE") {
    stack.target = before.target;
    stack.outputs = before.outputs;
  }
  await rollBack(stack, prefix);
}

/** Undoes last things first; what fails stops it, and may be tried again. */
async function rollBack(stack: Stack, prefix: string): Promise<void> {
  while (stack.undo.length > 0) {
    const [undo] = stack.undo;
    try {
      await undo?.perform();
    } catch {
      moveStack(
        stack,
        `${prefix}_FAILED`,
        `The following resource(s) failed to update: [${undo?.logicalId}]. `,
      );
      return;
    }
    stack.undo.shift();
  }
  if (prefix === "UPDATE_ROLLBACK") {
    moveStack(stack, "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS");
  }
  moveStack(stack, `${prefix}_COMPLETE`);
}

interface Put {
  readonly put: StackResource;
  readonly existing: StackResource | undefined;
  readonly isNew: boolean;
  readonly world: StackWorld;
}

function undoOf(stack: Stack, { put, existing, isNew, world }: Put) {
  const { logicalId } = put;
  return {
    logicalId,
    async perform() {
      if (!isNew && existing !== undefined) {
        await restoreResource(stack, { before: existing, now: put, world });
        return;
      }
      const isForgotten = existing === undefined;
      const isRetained = put.retention.onRollback;
      await removeResource(stack, put, { world, isRetained, isForgotten });
      if (existing !== undefined) {
        stack.resources.set(logicalId, existing);
      }
    },
  };
}

/** What fails to go stays, and nobody is told but by an event. */
async function cleanUp(
  stack: Stack,
  leftovers: readonly StackResource[],
  world: StackWorld,
): Promise<void> {
  moveStack(stack, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS");
  for (const resource of leftovers.toReversed()) {
    const now = stack.resources.get(resource.logicalId);
    const isForgotten = now?.physicalId === resource.physicalId;
    const { onDelete, onReplace } = resource.retention;
    const isRetained = isForgotten ? onDelete : onReplace;
    await removeResource(stack, resource, { world, isRetained, isForgotten }).catch(() => {});
  }
}

async function removeAll(
  stack: Stack,
  world: StackWorld,
  retained: readonly string[],
): Promise<string[]> {
  const ordered = stack.target === undefined ? [] : inOrder(stack.target.template.resources);
  const failed: string[] = [];
  for (const { logicalId } of ordered.toReversed()) {
    const existing = stack.resources.get(logicalId);
    if (existing !== undefined) {
      const isRetained = existing.retention.onDelete || retained.includes(logicalId);
      const removal = { world, isRetained, isForgotten: true };
      await removeResource(stack, existing, removal).catch(() => failed.push(logicalId));
    }
  }
  return failed;
}

export function lookAt(stack: Stack): Look {
  return {
    ref: (id) => stack.resources.get(id)?.physicalId,
    attribute: (id, name) => stack.resources.get(id)?.attributes[name],
  };
}

function outputsOf(stack: Stack, target: Target, world: StackWorld): readonly Members[] {
  const scope = scopeOf(stack, target, { world, look: lookAt(stack) });
  return Object.entries(membersOf(target.template.document, "Outputs"))
    .map(([key, value]) => ({ key, output: asMembers(value) }))
    .filter(({ output }) => {
      const condition = textOf(output, "Condition");
      return condition === undefined || holdsCondition(condition, scope);
    })
    .map(({ key, output }) => ({
      OutputKey: key,
      OutputValue: String(resolve(output["Value"], scope)),
      Description: textOf(output, "Description"),
      ExportName: exportName(output, (value) => resolve(value, scope)),
    }));
}

function exportName(output: Members, resolved: (value: unknown) => unknown): string | undefined {
  const { Export } = output;
  return isMembers(Export) ? String(resolved(Export["Name"])) : undefined;
}

function isSame(a: Members, b: Members): boolean {
  return canonical(a) === canonical(b);
}

export function changes(names: readonly string[], before: Members, after: Members): boolean {
  return names.some((name) => canonical(before[name]) !== canonical(after[name]));
}

/** Numbers and their texts are the same to CloudFormation. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) {
    return `[${value.map(canonical).join()}]`;
  }
  if (isMembers(value)) {
    const keys = Object.keys(value).sort();
    return `{${keys.map((key) => `${key}:${canonical(value[key])}`).join()}}`;
  }
  return JSON.stringify(String(value));
}

/**
 * What CloudFormation keeps of stacks: their resources, events and change sets.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import type { Members, Principal } from "../aws-call.ts";
import type { ExistingResource } from "../resources/resource-provider.ts";
import type { Retention, Template } from "./template.ts";

export interface StackResource extends ExistingResource {
  readonly logicalId: string;
  readonly type: string;
  readonly status: string;
  readonly updatedAt: Date;
  readonly retention: Retention;
  readonly metadata: unknown;
}

export interface StackEvent {
  readonly id: string;
  readonly at: Date;
  readonly logicalId: string;
  readonly physicalId: string;
  readonly type: string;
  readonly status: string;
  readonly reason: string | undefined;
}

/** A template with all that decides what becomes of it. */
export interface Target {
  readonly body: string;
  readonly template: Template;
  readonly parameters: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
  readonly capabilities: readonly string[];
}

export interface ChangeSet {
  readonly id: string;
  readonly name: string;
  readonly kind: "CREATE" | "UPDATE";
  readonly target: Target;
  readonly changes: readonly Members[];
  readonly createdAt: Date;
  status: "CREATE_COMPLETE" | "FAILED";
  execution:
    | "AVAILABLE"
    | "UNAVAILABLE"
    | "EXECUTE_IN_PROGRESS"
    | "EXECUTE_COMPLETE"
    | "EXECUTE_FAILED"
    | "OBSOLETE";
  readonly reason: string | undefined;
  readonly description: string | undefined;
}

/** Something under way on a stack. */
export interface Run {
  /** A test holds it, or decides when it goes on. */
  holds: number;
  isOver: boolean;
  /** Resolves when either changes; then there is another. */
  changed: PromiseWithResolvers<void>;
}

export interface Stack {
  readonly id: string;
  readonly name: string;
  readonly createdAt: Date;
  updatedAt: Date | undefined;
  deletedAt: Date | undefined;
  status: string;
  reason: string | undefined;
  /** Undefined under review. */
  target: Target | undefined;
  readonly resources: Map<string, StackResource>;
  outputs: readonly Members[];
  /** Oldest first. */
  readonly events: StackEvent[];
  readonly changeSets: Map<string, ChangeSet>;
  isProtected: boolean;
  disablesRollback: boolean;
  run: Run | undefined;
  /** What a rollback that failed has yet to undo, last first. */
  undo: Undo[];
  /** Whose rights the last run had. */
  principal: Principal;
}

export interface Undo {
  readonly logicalId: string;
  perform(): Promise<void>;
}

export function newStack(
  name: string,
  { account, region, principal }: { account: string; region: string; principal: Principal },
): Stack {
  return {
    id: `arn:aws:cloudformation:${region}:${account}:stack/${name}/${randomUUID()}`,
    name,
    createdAt: new Date(),
    updatedAt: undefined,
    deletedAt: undefined,
    status: "REVIEW_IN_PROGRESS",
    reason: undefined,
    target: undefined,
    resources: new Map(),
    outputs: [],
    events: [],
    changeSets: new Map(),
    isProtected: false,
    disablesRollback: false,
    run: undefined,
    undo: [],
    principal,
  };
}

/** The stack's own status moves with an event of its own. */
export function moveStack(stack: Stack, status: string, reason?: string): void {
  stack.status = status;
  stack.reason = reason;
  const { name: logicalId, id: physicalId } = stack;
  addEvent(stack, { logicalId, physicalId, type: "AWS::CloudFormation::Stack", status, reason });
}

export function addEvent(stack: Stack, event: Omit<StackEvent, "id" | "at">): void {
  stack.events.push({ ...event, id: randomUUID(), at: new Date() });
}

/** Until nothing is under way that goes on by itself. */
export async function atRest(stack: Stack): Promise<void> {
  while (stack.run !== undefined && !stack.run.isOver && stack.run.holds === 0) {
    await stack.run.changed.promise;
  }
}

export function signal(run: Run): void {
  const { changed } = run;
  run.changed = Promise.withResolvers();
  changed.resolve();
}

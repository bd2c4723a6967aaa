/**
 * What runs and change sets of stacks share: providers, exports, pseudo parameters, and how a resource's properties
 * resolve.
 *
 * @module
 */
import type { Members } from "../aws-call.ts";
import type { Dispatcher } from "../dispatcher.ts";
import type { Faults } from "../faults.ts";
import { asMembers, tagsOf } from "../members.ts";
import type { ResourceProvider } from "../resources/resource-provider.ts";
import { holds, resolve, type Scope } from "./intrinsics.ts";
import type { Stack, Target } from "./stack-state.ts";
import type { TemplateResource } from "./template.ts";

export interface StackWorld {
  readonly dispatcher: Dispatcher;
  readonly faults: Faults;
  readonly providers: ReadonlyMap<string, ResourceProvider>;
  /** By id, those that are deleted too. */
  readonly stacks: Map<string, Stack>;
  /** What tests hold, by logical id or type: resolves when it is let go. */
  readonly held: Map<string, Promise<void>>;
}

/** How resources look to a template: those that are there, or what a change set knows of them. */
export type Look = Pick<Scope, "ref" | "attribute">;

export function scopeOf(
  stack: Pick<Stack, "id" | "name">,
  { template, parameters }: Target,
  { world, look }: { world: StackWorld; look: Look },
): Scope {
  const { account, region } = world.dispatcher;
  return {
    ...look,
    document: template.document,
    parameters,
    pseudo: {
      "AWS::AccountId": account,
      "AWS::Region": region,
      "AWS::Partition": "aws",
      "AWS::URLSuffix": "amazonaws.com",
      "AWS::StackName": stack.name,
      "AWS::StackId": stack.id,
      "AWS::NotificationARNs": [],
    },
    imported: (name) => exportsOf(world).get(name),
  };
}

/** Whether a resource's condition holds. */
export function isWanted({ condition }: TemplateResource, scope: Scope): boolean {
  return condition === undefined || holds(condition, scope);
}

/** With the stack's tags, where the type takes tags. */
export function propertiesOf(
  resource: TemplateResource,
  scope: Scope,
  { target, provider }: { target: Target; provider: ResourceProvider },
): Members {
  const properties = asMembers(resolve(resource.properties, scope));
  if (provider.isTagged !== true) {
    return properties;
  }
  const tags = { ...target.tags, ...tagsOf(properties) };
  const list = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
  return list.length === 0
    ? properties
    : { ...properties, Tags: list.sort((a, b) => (a.Key < b.Key ? -1 : 1)) };
}

function exportsOf({ stacks }: StackWorld): ReadonlyMap<string, string> {
  const living = [...stacks.values()].filter(({ deletedAt }) => deletedAt === undefined);
  const outputs = living.flatMap((stack) => stack.outputs);
  return new Map(
    outputs
      .filter(({ ExportName }) => ExportName !== undefined)
      .map(({ ExportName, OutputValue }) => [String(ExportName), String(OutputValue)]),
  );
}

/**
 * What a change set shows: for each resource whether it comes, goes, changes or is replaced, and by which properties.
 *
 * @module
 */
import type { Members } from "../aws-call.ts";
import { asMembers, isMembers } from "../members.ts";
import { inOrder } from "./order.ts";
import { attributePath, referencesOf } from "./references.ts";
import { providerOf } from "./resource-step.ts";
import { canonical, lookAt } from "./stack-run.ts";
import type { Stack, StackResource, Target } from "./stack-state.ts";
import { isWanted, type Look, propertiesOf, type StackWorld, scopeOf } from "./stack-world.ts";
import type { TemplateResource } from "./template.ts";

/** Stands for what is known only after a resource was made. */
const UNKNOWN = "{{changeSet:KNOWN_AFTER_APPLY}}";

type Replacement = "True" | "False" | "Conditional";

export function changeList(stack: Stack, target: Target, world: StackWorld): readonly Members[] {
  const changed = new Map<string, Replacement>();
  const scope = scopeOf(stack, target, { world, look: foresight(stack, target, changed) });
  const wanted = inOrder(target.template.resources).filter((one) => isWanted(one, scope));
  const changes: Members[] = [];
  for (const resource of wanted) {
    const provider = providerOf(resource.type, world);
    const existing = stack.resources.get(resource.logicalId);
    if (existing === undefined) {
      changes.push(changeOf("Add", resource, {}));
      continue;
    }
    const { replacedBy } = provider;
    const properties = propertiesOf(resource, scope, { target, provider });
    const details = detailsOf({ resource, existing, properties, replacedBy, changed });
    if (details.length > 0) {
      const replacement = replacementOf(details, existing.type !== resource.type);
      changed.set(resource.logicalId, replacement);
      const attributes = details.map(({ Target: of }) => asMembers(of)["Attribute"]);
      changes.push(
        changeOf("Modify", resource, {
          PhysicalResourceId: existing.physicalId,
          Replacement: replacement,
          Scope: [...new Set(attributes)],
          Details: details,
        }),
      );
    }
  }
  const names = new Set(wanted.map(({ logicalId }) => logicalId));
  const gone = [...stack.resources.values()].filter(({ logicalId }) => !names.has(logicalId));
  return [...changes, ...gone.map(removalOf)];
}

/** Resources as they stand, but for those that are to come or to be replaced: of these nothing is known. */
function foresight(
  stack: Stack,
  { template }: Target,
  changed: ReadonlyMap<string, Replacement>,
): Look {
  const now = lookAt(stack);
  const isUnknown = (id: string) =>
    template.resources.has(id) && (!stack.resources.has(id) || changed.get(id) === "True");
  return {
    ref: (id) => (isUnknown(id) ? `${UNKNOWN}${id}` : now.ref(id)),
    attribute: (id, name) => (isUnknown(id) ? `${UNKNOWN}${id}.${name}` : now.attribute(id, name)),
  };
}

interface Compared {
  readonly resource: TemplateResource;
  readonly existing: StackResource;
  readonly properties: Members;
  readonly replacedBy: readonly string[];
  readonly changed: ReadonlyMap<string, Replacement>;
}

function detailsOf({ resource, existing, properties, replacedBy, changed }: Compared): Members[] {
  const names = new Set([...Object.keys(existing.properties), ...Object.keys(properties)]);
  const details = [...names].sort().flatMap((name) => {
    const given = resource.properties[name];
    const recreation = replacedBy.includes(name) ? "Always" : "Never";
    if (canonical(existing.properties[name]) !== canonical(properties[name])) {
      const cause = referencesOf(given).find((id) => changed.has(id));
      return [detailOf({ name, recreation, cause })];
    }
    const cause = attributesIn(given).find((id) => changed.has(id));
    return cause === undefined
      ? []
      : [
          detailOf({
            name,
            recreation: recreation === "Always" ? "Conditionally" : "Never",
            cause,
          }),
        ];
  });
  return canonical(existing.metadata) === canonical(resource.metadata)
    ? details
    : [...details, { Target: { Attribute: "Metadata", RequiresRecreation: "Never" } }];
}

function detailOf({
  name,
  recreation,
  cause,
}: {
  name: string;
  recreation: string;
  cause: string | undefined;
}): Members {
  return {
    Target: {
      Attribute: name === "Tags" ? "Tags" : "Properties",
      ...(name === "Tags" ? {} : { Name: name }),
      RequiresRecreation: recreation,
    },
    Evaluation: cause === undefined ? "Static" : "Dynamic",
    ChangeSource: cause === undefined ? "DirectModification" : "ResourceReference",
    ...(cause === undefined ? {} : { CausingEntity: cause }),
  };
}

/** Resources whose attributes a value reads: whether they stay is known only when they have changed. */
function attributesIn(value: unknown): string[] {
  if (Array.isArray(value)) {
    return value.flatMap(attributesIn);
  }
  if (!isMembers(value)) {
    return [];
  }
  return Object.entries(value).flatMap(([key, inner]) =>
    key === "Fn::GetAtt" ? [attributePath(inner)[0]] : attributesIn(inner),
  );
}

function replacementOf(details: readonly Members[], isOtherType: boolean): Replacement {
  const kinds = details.map(({ Target: of }) => asMembers(of)["RequiresRecreation"]);
  if (isOtherType || kinds.includes("Always")) {
    return "True";
  }
  return kinds.includes("Conditionally") ? "Conditional" : "False";
}

function changeOf(action: string, { logicalId, type }: TemplateResource, rest: Members): Members {
  return {
    Type: "Resource",
    ResourceChange: {
      Action: action,
      LogicalResourceId: logicalId,
      ResourceType: type,
      ...rest,
    },
  };
}

function removalOf({ logicalId, type, physicalId, retention }: StackResource): Members {
  return {
    Type: "Resource",
    ResourceChange: {
      Action: "Remove",
      PolicyAction: retention.onDelete ? "Retain" : "Delete",
      LogicalResourceId: logicalId,
      PhysicalResourceId: physicalId,
      ResourceType: type,
    },
  };
}

/**
 * CloudFormation's actions that read. Those that tell how a stack is doing answer once it rests: nothing has to wait
 * for the next poll.
 *
 * @module
 */
import { asMembers, isTrue, membersOf, needText, textOf, textsOf } from "../members.ts";
import type { StackAction } from "./cloudformation-service.ts";
import { findChangeSet, findStack } from "./find-stack.ts";
import { eventMembers, resourceMembers, stackMembers, tokenPage } from "./stack-answers.ts";
import { atRest } from "./stack-state.ts";
import { invalid, parseTemplate } from "./template.ts";

export const stackReads: Readonly<Record<string, StackAction>> = {
  async DescribeStacks(parameters, { world }) {
    if (textOf(parameters, "StackName") === undefined) {
      const living = [...world.stacks.values()].filter(({ deletedAt }) => deletedAt === undefined);
      return tokenPage("Stacks", living.map(stackMembers), { parameters, size: 100 });
    }
    const stack = findStack(parameters, world);
    await atRest(stack);
    // one that went in the meantime has no name any more
    return { Stacks: [stackMembers(findStack(parameters, world))] };
  },
  async DescribeStackEvents(parameters, { world }) {
    const stack = findStack(parameters, world);
    await atRest(stack);
    const events = stack.events.toReversed().map((event) => eventMembers(stack, event));
    return tokenPage("StackEvents", events, { parameters, size: 100 });
  },
  DescribeStackResources(parameters, { world }) {
    const name = textOf(parameters, "StackName");
    const id = textOf(parameters, "PhysicalResourceId");
    const stack =
      name === undefined
        ? [...world.stacks.values()].find(({ resources }) =>
            [...resources.values()].some(({ physicalId }) => physicalId === id),
          )
        : findStack(parameters, world);
    if (stack === undefined) {
      throw invalid(`Stack for ${id} does not exist`);
    }
    const wanted = textOf(parameters, "LogicalResourceId");
    const all = [...stack.resources.values()].filter(
      ({ logicalId }) => wanted === undefined || logicalId === wanted,
    );
    return { StackResources: all.map((resource) => resourceMembers(stack, resource)) };
  },
  DescribeStackResource(parameters, { world }) {
    const stack = findStack(parameters, world);
    const id = needText(parameters, "LogicalResourceId");
    const resource = stack.resources.get(id);
    if (resource === undefined) {
      throw invalid(`Resource ${id} does not exist for stack ${stack.name}`);
    }
    return { StackResourceDetail: resourceMembers(stack, resource) };
  },
  ListStackResources(parameters, { world }) {
    const stack = findStack(parameters, world);
    const all = [...stack.resources.values()].map((resource) => resourceMembers(stack, resource));
    return tokenPage("StackResourceSummaries", all, { parameters, size: 100 });
  },
  ListStacks(parameters, { world }) {
    const wanted = textsOf(parameters, "StackStatusFilter");
    const all = [...world.stacks.values()]
      .filter(({ status }) => wanted.length === 0 || wanted.includes(status))
      .map(stackMembers);
    return tokenPage("StackSummaries", all, { parameters, size: 100 });
  },
  GetTemplate(parameters, { world }) {
    const isOfSet = textOf(parameters, "ChangeSetName") !== undefined;
    const target = isOfSet
      ? findChangeSet(parameters, world).set.target
      : findStack(parameters, world).target;
    if (target === undefined) {
      return { TemplateBody: "{}", StagesAvailable: ["Original", "Processed"] };
    }
    return { TemplateBody: target.body, StagesAvailable: ["Original", "Processed"] };
  },
  ValidateTemplate(parameters, { world }) {
    return summaryOf(needText(parameters, "TemplateBody"), (type) => world.providers.has(type));
  },
  GetTemplateSummary(parameters, { world }) {
    const body = textOf(parameters, "TemplateBody") ?? findStack(parameters, world).target?.body;
    return summaryOf(body ?? "", (type) => world.providers.has(type));
  },
  ListExports(_, { world }) {
    const living = [...world.stacks.values()].filter(({ deletedAt }) => deletedAt === undefined);
    const exports = living.flatMap((stack) =>
      stack.outputs
        .filter(({ ExportName }) => ExportName !== undefined)
        .map(({ ExportName, OutputValue }) => ({
          ExportingStackId: stack.id,
          Name: ExportName,
          Value: OutputValue,
        })),
    );
    return { Exports: exports };
  },
  ListImports: () => ({ Imports: [] }),
  DescribeStackResourceDrifts: () => ({ StackResourceDrifts: [] }),
};

function summaryOf(body: string, knows: (type: string) => boolean) {
  const { document, resources } = parseTemplate(body, knows);
  const parameters = Object.entries(membersOf(document, "Parameters")).map(([key, value]) => ({
    ParameterKey: key,
    ParameterType: textOf(asMembers(value), "Type"),
    DefaultValue: textOf(asMembers(value), "Default"),
    NoEcho: isTrue(asMembers(value), "NoEcho"),
    Description: textOf(asMembers(value), "Description"),
  }));
  const types = [...new Set([...resources.values()].map(({ type }) => type))];
  const isIdentity = types.some((type) => type.startsWith("AWS::IAM::"));
  return {
    Parameters: parameters,
    Description: textOf(document, "Description"),
    Capabilities: isIdentity ? ["CAPABILITY_NAMED_IAM"] : [],
    ResourceTypes: types,
    Version: textOf(document, "AWSTemplateFormatVersion"),
  };
}

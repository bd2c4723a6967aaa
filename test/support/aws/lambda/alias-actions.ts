/**
 * Lambda's actions on aliases.
 *
 * @module
 */
import { AwsFailure, type Members } from "../aws-call.ts";
import { isMembers, membersOf, textOf } from "../members.ts";
import type { Action } from "./function-actions.ts";
import { notFound } from "./function-name.ts";
import {
  type AliasState,
  aliasMembers,
  checkRevision,
  type FunctionState,
  newRevision,
} from "./function-state.ts";
import type { LambdaContext } from "./lambda-context.ts";
import { pageOf } from "./page.ts";

export const aliasActions: Readonly<Record<string, Action>> = {
  CreateAlias(parameters, context) {
    const { found } = context.find(parameters);
    const name = textOf(parameters, "Name") ?? "";
    if (found.aliases.has(name)) {
      throw new AwsFailure(
        "ResourceConflictException",
        `Alias already exists: ${found.arn}:${name}`,
        409,
      );
    }
    if (!/^(?!\d+$)[\w-]{1,128}$/.test(name)) {
      throw new AwsFailure("ValidationException", `'${name}' is not a name of an alias`);
    }
    const alias: AliasState = {
      name,
      version: existing(found, textOf(parameters, "FunctionVersion") ?? ""),
      description: textOf(parameters, "Description") ?? "",
      weights: {},
      revisionId: newRevision(),
    };
    alias.weights = weightsOf(found, parameters, alias);
    found.aliases.set(name, alias);
    return aliasMembers(found, alias);
  },
  GetAlias(parameters, context) {
    const { found, alias } = namedAlias(parameters, context);
    return aliasMembers(found, alias);
  },
  UpdateAlias(parameters, context) {
    const { found, alias } = namedAlias(parameters, context);
    checkRevision(textOf(parameters, "RevisionId"), alias);
    const version = existing(found, textOf(parameters, "FunctionVersion") ?? alias.version);
    const weights = weightsOf(found, parameters, { ...alias, version });
    alias.version = version;
    alias.weights = weights;
    alias.description = textOf(parameters, "Description") ?? alias.description;
    alias.revisionId = newRevision();
    return aliasMembers(found, alias);
  },
  DeleteAlias(parameters, context) {
    const { found } = context.find(parameters);
    found.aliases.delete(textOf(parameters, "Name") ?? "");
    return {};
  },
  ListAliases(parameters, context) {
    const { found } = context.find(parameters);
    const wanted = textOf(parameters, "FunctionVersion");
    const all = [...found.aliases.values()].filter(
      ({ version, weights }) => wanted === undefined || version === wanted || wanted in weights,
    );
    return pageOf(
      "Aliases",
      all.map((alias) => aliasMembers(found, alias)),
      parameters,
    );
  },
};

function namedAlias(parameters: Members, context: LambdaContext) {
  const { found } = context.find(parameters);
  const name = textOf(parameters, "Name") ?? "";
  const alias = found.aliases.get(name);
  if (alias === undefined) {
    throw new AwsFailure(
      "ResourceNotFoundException",
      `Cannot find alias arn: ${found.arn}:${name}`,
      404,
      { Type: "User" },
    );
  }
  return { found, alias };
}

function existing(found: FunctionState, version: string): string {
  if (version !== "$LATEST" && !found.versions.some((one) => one.version === version)) {
    throw notFound(`${found.arn}:${version}`);
  }
  return version;
}

/** What is left out stays; an empty map takes the weights away. */
function weightsOf(
  found: FunctionState,
  parameters: Members,
  alias: AliasState,
): Readonly<Record<string, number>> {
  if (!isMembers(parameters["RoutingConfig"])) {
    return alias.weights;
  }
  const routing = membersOf(parameters, "RoutingConfig");
  const entries = Object.entries(membersOf(routing, "AdditionalVersionWeights"));
  for (const [version, weight] of entries) {
    existing(found, version);
    const problem = problemOf(alias.version, version, Number(weight));
    if (problem !== undefined || entries.length > 1) {
      throw new AwsFailure(
        "InvalidParameterValueException",
        problem ?? "Number of items in AdditionalVersionWeights cannot be greater than 1",
        400,
        { Type: "User" },
      );
    }
  }
  return Object.fromEntries(entries.map(([version, weight]) => [version, Number(weight)]));
}

function problemOf(main: string, version: string, weight: number): string | undefined {
  if (main === "$LATEST" || version === "$LATEST") {
    return "$LATEST is not supported for an alias pointing to more than 1 version";
  }
  if (main === version) {
    return `Invalid function version ${version}. Function version ${version} is already included in routing configuration.`;
  }
  return weight >= 0 && weight <= 1
    ? undefined
    : `Value '${weight}' at 'routingConfig.additionalVersionWeights' failed to satisfy constraint: Member must have value between 0.0 and 1.0`;
}

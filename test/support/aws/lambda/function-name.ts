/**
 * Finds what a call names: a function by name, partial or whole ARN, with a version or an alias.
 *
 * @module
 */
import { AwsFailure, type Members } from "../aws-call.ts";
import { textOf } from "../members.ts";
import type { FunctionState, VersionState } from "./function-state.ts";

const NAME =
  /^(?:arn:[\w-]+:lambda:[\w-]+:\d{12}:function:|\d{12}:function:)?(?<name>[\w-]+)(?::(?<qualifier>\$LATEST|[\w-]+))?$/;

export interface Named {
  readonly name: string;
  readonly qualifier: string | undefined;
}

/** @throws AwsFailure ValidationException for what names no function */
export function parseFunctionName(parameters: Members): Named {
  const text = textOf(parameters, "FunctionName") ?? "";
  const groups = NAME.exec(text)?.groups;
  if (groups === undefined) {
    throw new AwsFailure(
      "ValidationException",
      `1 validation error detected: Value '${text}' at 'functionName' failed to satisfy constraint: Member must satisfy regular expression pattern`,
    );
  }
  const qualifier = textOf(parameters, "Qualifier") ?? groups["qualifier"];
  return { name: groups["name"] ?? "", qualifier };
}

export function notFound(arn: string): AwsFailure {
  return new AwsFailure("ResourceNotFoundException", `Function not found: ${arn}`, 404, {
    Type: "User",
  });
}

/**
 * The version that a qualifier stands for: its own, or one that an alias sends it to by weight.
 *
 * @param draw - 0 to 1, decides among weights @default 1: the alias's main version
 */
export function versionOf(
  found: FunctionState,
  qualifier: string | undefined,
  draw = 1,
): VersionState {
  if (qualifier === undefined || qualifier === "$LATEST") {
    return found.latest;
  }
  const alias = found.aliases.get(qualifier);
  const wanted = alias === undefined ? qualifier : drawn(alias, draw);
  const version = found.versions.find((one) => one.version === wanted);
  if (version === undefined) {
    throw notFound(`${found.arn}:${qualifier}`);
  }
  return version;
}

function drawn(
  { version, weights }: { version: string; weights: Readonly<Record<string, number>> },
  draw: number,
): string {
  let left = draw;
  for (const [other, weight] of Object.entries(weights)) {
    if (left < weight) {
      return other;
    }
    left -= weight;
  }
  return version;
}

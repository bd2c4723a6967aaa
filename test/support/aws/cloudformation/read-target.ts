/**
 * Reads the template, parameters, tags and capabilities of a request, and refuses what AWS refuses.
 *
 * @module
 */
import { AwsFailure, type Members } from "../aws-call.ts";
import { asMembers, isTrue, listOf, membersOf, textOf, textsOf } from "../members.ts";
import { requestTags } from "./stack-answers.ts";
import type { Stack, Target } from "./stack-state.ts";
import type { StackWorld } from "./stack-world.ts";
import { invalid, parseTemplate, type Template } from "./template.ts";

/** @param stack - whose template and values are used again where the request says so */
export function readTarget(
  parameters: Members,
  stack: Stack | undefined,
  { providers }: StackWorld,
): Target {
  if (parameters["TemplateURL"] !== undefined) {
    throw invalid("S3 error: Access Denied. These stand-ins take no TemplateURL");
  }
  const previous = isTrue(parameters, "UsePreviousTemplate") ? stack?.target?.body : undefined;
  const body = textOf(parameters, "TemplateBody") ?? previous;
  if (body === undefined) {
    throw invalid("Either Template URL or Template Body must be specified.");
  }
  const template = parseTemplate(body, (type) => providers.has(type));
  const capabilities = textsOf(parameters, "Capabilities");
  checkCapabilities(template, capabilities);
  return {
    body,
    template,
    parameters: valuesOf(parameters, template, stack),
    tags: requestTags(parameters),
    capabilities,
  };
}

function valuesOf(
  request: Members,
  { document }: Template,
  stack: Stack | undefined,
): Readonly<Record<string, string>> {
  const given = listOf(request, "Parameters").map(asMembers);
  const values = new Map<string, string>();
  for (const one of given) {
    const key = textOf(one, "ParameterKey") ?? "";
    const previous = isTrue(one, "UsePreviousValue") ? stack?.target?.parameters[key] : undefined;
    values.set(key, textOf(one, "ParameterValue") ?? previous ?? "");
  }
  const declared = Object.entries(membersOf(document, "Parameters"));
  const missing: string[] = [];
  const chosen: Record<string, string> = {};
  for (const [key, declaration] of declared) {
    const value = values.get(key) ?? textOf(asMembers(declaration), "Default");
    if (value === undefined) {
      missing.push(key);
    } else {
      chosen[key] = value;
    }
    values.delete(key);
  }
  if (missing.length > 0) {
    throw invalid(`Parameters: [${missing.join(", ")}] must have values`);
  }
  if (values.size > 0) {
    throw invalid(`Parameters: [${[...values.keys()].join(", ")}] do not exist in the template`);
  }
  return chosen;
}

function checkCapabilities({ resources }: Template, capabilities: readonly string[]): void {
  const identities = [...resources.values()].filter(({ type }) => type.startsWith("AWS::IAM::"));
  const isNamed = identities.some(({ properties }) =>
    ["RoleName", "ManagedPolicyName", "UserName"].some((name) => name in properties),
  );
  const accepted = isNamed ? ["CAPABILITY_NAMED_IAM"] : ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"];
  if (identities.length > 0 && !capabilities.some((one) => accepted.includes(one))) {
    throw new AwsFailure(
      "InsufficientCapabilitiesException",
      `Requires capabilities : [${accepted[0]}]`,
    );
  }
}

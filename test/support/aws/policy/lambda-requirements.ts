/**
 * What calls of Lambda need.
 *
 * @module
 */
import { asMembers, isMembers, membersOf, textOf } from "../members.ts";
import type { Permission } from "./evaluate.ts";
import type { Requirements } from "./required-permissions.ts";

/** Actions that name no function. */
const ACCOUNT_WIDE = new Set([
  "GetAccountSettings",
  "ListFunctions",
  "ListEventSourceMappings",
  "ListCapacityProviders",
]);

/** Actions that a policy may allow for one version or alias. */
const QUALIFIED = new Set([
  "Invoke",
  "InvokeWithResponseStream",
  "GetFunction",
  "GetFunctionConfiguration",
  "DeleteFunction",
]);

export const lambdaRequirements: Requirements = ({ action, parameters }, { account, region }) => {
  const prefix = `arn:aws:lambda:${region}:${account}:`;
  const name = action.startsWith("Invoke") ? "InvokeFunction" : action;
  const permission = (resource: string, action = name): Permission => ({
    action: `lambda:${action}`,
    resource,
    context: {},
  });
  if (ACCOUNT_WIDE.has(action)) {
    return [permission("*")];
  }
  if (action.includes("EventSourceMapping")) {
    return [permission(`${prefix}event-source-mapping:${textOf(parameters, "UUID") ?? "*"}`)];
  }
  if (action.includes("CapacityProvider")) {
    const provider = textOf(parameters, "CapacityProviderName") ?? "*";
    const operator = membersOf(parameters, "PermissionsConfig");
    return [
      permission(provider.startsWith("arn:") ? provider : `${prefix}capacity-provider:${provider}`),
      ...passedRole(operator["CapacityProviderOperatorRoleArn"]),
    ];
  }
  const given = textOf(parameters, "Resource") ?? textOf(parameters, "FunctionName") ?? "*";
  const [function_ = "", inName] = given.replace(/^.*:function:/, "").split(":");
  const qualifier = textOf(parameters, "Qualifier") ?? inName;
  const arn = `${prefix}function:${function_}`;
  const isQualified = qualifier !== undefined && QUALIFIED.has(action);
  const tags = isMembers(parameters["Tags"]) && Object.keys(parameters["Tags"]).length > 0;
  return [
    permission(isQualified ? `${arn}:${qualifier}` : arn),
    ...(action === "CreateFunction" && tags ? [permission(arn, "TagResource")] : []),
    ...passedRole(parameters["Role"]),
    ...passedProvider(parameters["CapacityProviderConfig"]),
  ];
};

function passedRole(role: unknown): Permission[] {
  return typeof role === "string"
    ? [
        {
          action: "iam:PassRole",
          resource: role,
          context: { "iam:PassedToService": "lambda.amazonaws.com" },
        },
      ]
    : [];
}

function passedProvider(config: unknown): Permission[] {
  const managed = membersOf(asMembers(config), "LambdaManagedInstancesCapacityProviderConfig");
  const arn = textOf(managed, "CapacityProviderArn");
  return arn === undefined
    ? []
    : [{ action: "lambda:PassCapacityProvider", resource: arn, context: {} }];
}

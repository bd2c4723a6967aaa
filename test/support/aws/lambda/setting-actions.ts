/**
 * Lambda's actions on what stands beside a function: tags, concurrency, permissions, URLs, limits of the account.
 *
 * @module
 */
import { AwsFailure, type Members } from "../aws-call.ts";
import { compact, membersOf, needText, numberOf, textOf, textsOf } from "../members.ts";
import type { Action } from "./function-actions.ts";
import { newRevision } from "./function-state.ts";
import type { LambdaContext } from "./lambda-context.ts";
import { pageOf } from "./page.ts";

export const settingActions: Readonly<Record<string, Action>> = {
  GetAccountSettings: () => ({
    AccountLimit: {
      ConcurrentExecutions: 1000,
      UnreservedConcurrentExecutions: 1000,
      TotalCodeSize: 80_530_636_800,
      CodeSizeUnzipped: 262_144_000,
      CodeSizeZipped: 52_428_800,
    },
    AccountUsage: { FunctionCount: 0, TotalCodeSize: 0 },
  }),
  ListTags: (parameters, context) => ({ Tags: Object.fromEntries(tagged(parameters, context)) }),
  TagResource(parameters, context) {
    const tags = tagged(parameters, context);
    for (const [key, value] of Object.entries(membersOf(parameters, "Tags"))) {
      tags.set(key, String(value));
    }
    return {};
  },
  UntagResource(parameters, context) {
    const tags = tagged(parameters, context);
    for (const key of textsOf(parameters, "tagKeys")) {
      tags.delete(key);
    }
    return {};
  },
  GetFunctionConcurrency: (parameters, context) =>
    compact({ ReservedConcurrentExecutions: context.find(parameters).found.concurrency }),
  PutFunctionConcurrency(parameters, context) {
    const { found } = context.find(parameters);
    found.concurrency = numberOf(parameters, "ReservedConcurrentExecutions") ?? 0;
    return { ReservedConcurrentExecutions: found.concurrency };
  },
  DeleteFunctionConcurrency(parameters, context) {
    delete context.find(parameters).found.concurrency;
    return {};
  },
  PutFunctionScalingConfig(parameters, context) {
    context.find(parameters);
    return { FunctionState: "Active" };
  },
  AddPermission(parameters, context) {
    const { statements, arn } = permissions(parameters, context);
    const statement = statementOf(parameters, arn);
    if (statements.some(({ Sid }) => Sid === statement["Sid"])) {
      throw new AwsFailure(
        "ResourceConflictException",
        `The statement id (${statement["Sid"]}) provided already exists. Please provide a new statement id, or remove the existing statement.`,
        409,
      );
    }
    statements.push(statement);
    return { Statement: JSON.stringify(statement) };
  },
  RemovePermission(parameters, context) {
    const { statements } = permissions(parameters, context);
    const index = statements.findIndex(({ Sid }) => Sid === textOf(parameters, "StatementId"));
    if (index < 0) {
      throw noPolicy();
    }
    statements.splice(index, 1);
    return {};
  },
  GetPolicy(parameters, context) {
    const { statements } = permissions(parameters, context);
    if (statements.length === 0) {
      throw noPolicy();
    }
    const policy = { Version: "2012-10-17", Id: "default", Statement: statements };
    return { Policy: JSON.stringify(policy), RevisionId: newRevision() };
  },
  CreateFunctionUrlConfig: putUrl,
  UpdateFunctionUrlConfig: putUrl,
  GetFunctionUrlConfig(parameters, context) {
    const { found, qualifier = "" } = context.find(parameters);
    const url = found.urls.get(qualifier);
    if (url === undefined) {
      throw new AwsFailure(
        "ResourceNotFoundException",
        "The resource you requested does not exist.",
        404,
      );
    }
    return url;
  },
  DeleteFunctionUrlConfig(parameters, context) {
    const { found, qualifier = "" } = context.find(parameters);
    found.urls.delete(qualifier);
    return {};
  },
  ListFunctionUrlConfigs(parameters, context) {
    const { found } = context.find(parameters);
    return pageOf("FunctionUrlConfigs", [...found.urls.values()], parameters);
  },
  ListProvisionedConcurrencyConfigs: () => ({ ProvisionedConcurrencyConfigs: [] }),
  GetFunctionEventInvokeConfig() {
    throw new AwsFailure(
      "ResourceNotFoundException",
      "The function doesn't have an EventInvokeConfig",
      404,
    );
  },
};

function tagged(parameters: Members, context: LambdaContext): Map<string, string> {
  return context.find({ FunctionName: needText(parameters, "Resource") }).found.tags;
}

function permissions(parameters: Members, context: LambdaContext) {
  const { found, qualifier = "" } = context.find(parameters);
  const statements = found.policies.get(qualifier) ?? [];
  found.policies.set(qualifier, statements);
  return { statements, arn: qualifier === "" ? found.arn : `${found.arn}:${qualifier}` };
}

function statementOf(parameters: Members, arn: string): Members {
  const principal = needText(parameters, "Principal");
  const type = textOf(parameters, "FunctionUrlAuthType");
  const source = textOf(parameters, "SourceArn");
  const account = textOf(parameters, "SourceAccount");
  const condition = compact({
    StringEquals: stated({
      "lambda:FunctionUrlAuthType": type,
      "AWS:SourceAccount": account,
    }),
    ArnLike: stated({ "AWS:SourceArn": source }),
    Bool: stated({ "lambda:InvokedViaFunctionUrl": textOf(parameters, "InvokedViaFunctionUrl") }),
  });
  return compact({
    Sid: needText(parameters, "StatementId"),
    Effect: "Allow",
    Principal: principal === "*" ? "*" : principalOf(principal),
    Action: needText(parameters, "Action"),
    Resource: arn,
    Condition: stated(condition),
  });
}

function principalOf(principal: string): Members {
  return principal.endsWith(".amazonaws.com")
    ? { Service: principal }
    : { AWS: /^\d{12}$/.test(principal) ? `arn:aws:iam::${principal}:root` : principal };
}

function stated(members: Members): Members | undefined {
  const given = compact(members);
  return Object.keys(given).length === 0 ? undefined : given;
}

function noPolicy(): AwsFailure {
  return new AwsFailure(
    "ResourceNotFoundException",
    "The resource you requested does not exist.",
    404,
    { Type: "User" },
  );
}

function putUrl(parameters: Members, context: LambdaContext): Members {
  const { found, qualifier = "" } = context.find(parameters);
  const before = found.urls.get(qualifier);
  const now = new Date().toISOString();
  const url = compact({
    FunctionUrl: `https://${Buffer.from(`${found.name}:${qualifier}`).toString("hex").slice(0, 32)}.lambda-url.${context.region}.on.aws/`,
    FunctionArn: qualifier === "" ? found.arn : `${found.arn}:${qualifier}`,
    AuthType: textOf(parameters, "AuthType") ?? before?.["AuthType"] ?? "AWS_IAM",
    InvokeMode: textOf(parameters, "InvokeMode") ?? before?.["InvokeMode"] ?? "BUFFERED",
    Cors: parameters["Cors"] ?? before?.["Cors"],
    CreationTime: before?.["CreationTime"] ?? now,
    LastModifiedTime: now,
  });
  found.urls.set(qualifier, url);
  return url;
}

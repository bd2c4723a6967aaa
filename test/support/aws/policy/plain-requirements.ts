/**
 * What calls need of services whose calls each name one resource: CloudFormation, ECR, Logs, SQS, S3, CloudWatch, SSM.
 *
 * @module
 */
import type { Members } from "../aws-call.ts";
import { listOf, textOf, textsOf } from "../members.ts";
import type { Permission } from "./evaluate.ts";
import type { Requirements } from "./required-permissions.ts";

export const cloudFormationRequirements: Requirements = (
  { action, parameters },
  { account, region },
) => {
  const stack = textOf(parameters, "StackName");
  const set = textOf(parameters, "ChangeSetName");
  const role = textOf(parameters, "RoleARN");
  const resource =
    stack === undefined || stack.startsWith("arn:")
      ? (stack ?? "*")
      : `arn:aws:cloudformation:${region}:${account}:stack/${stack}/*`;
  const context = {
    ...(set === undefined ? {} : { "cloudformation:ChangeSetName": set.split("/")[1] ?? set }),
    ...(role === undefined ? {} : { "cloudformation:RoleArn": role }),
  };
  const passed: Permission[] =
    role === undefined
      ? []
      : [
          {
            action: "iam:PassRole",
            resource: role,
            context: { "iam:PassedToService": "cloudformation.amazonaws.com" },
          },
        ];
  return [{ action: `cloudformation:${action}`, resource, context }, ...passed];
};

export const ecrRequirements: Requirements = ({ action, parameters }, { account, region }) => {
  const prefix = `arn:aws:ecr:${region}:${account}:repository/`;
  const name = textOf(parameters, "repositoryName");
  const names = name === undefined ? textsOf(parameters, "repositoryNames") : [name];
  const arn = textOf(parameters, "resourceArn");
  const everything = action === "GetAuthorizationToken" ? "*" : `${prefix}*`;
  const resources = names.length > 0 ? names.map((one) => prefix + one) : [arn ?? everything];
  const isTagged = action === "CreateRepository" && listOf(parameters, "tags").length > 0;
  return resources.flatMap((resource) => [
    allow("ecr", action, resource),
    ...(isTagged ? [allow("ecr", "TagResource", resource)] : []),
  ]);
};

/** Streams of a group are below it; what names a group alone is allowed by `log-group:NAME:*`. */
export const logsRequirements: Requirements = ({ action, parameters }, { account, region }) => {
  const prefix = `arn:aws:logs:${region}:${account}:log-group:`;
  const arn = textOf(parameters, "resourceArn");
  if (arn !== undefined) {
    return [allow("logs", action, arn)];
  }
  const identifier = textOf(parameters, "logGroupIdentifier")?.replace(/^.*:log-group:|:\*$/g, "");
  const group = textOf(parameters, "logGroupName") ?? identifier ?? "";
  const stream = textOf(parameters, "logStreamName") ?? "";
  return [allow("logs", action, `${prefix}${group}:log-stream:${stream}`)];
};

export const sqsRequirements: Requirements = ({ action, parameters }, { account, region }) => {
  const url = textOf(parameters, "QueueUrl")?.split("/").at(-1);
  const name = textOf(parameters, "QueueName") ?? url ?? "*";
  return [allow("sqs", action, `arn:aws:sqs:${region}:${account}:${name}`)];
};

export const cloudWatchRequirements: Requirements = (
  { action, parameters },
  { account, region },
) => {
  const dashboard = textOf(parameters, "DashboardName");
  if (dashboard !== undefined) {
    return [allow("cloudwatch", action, `arn:aws:cloudwatch::${account}:dashboard/${dashboard}`)];
  }
  const alarms = alarmNames(parameters);
  const prefix = `arn:aws:cloudwatch:${region}:${account}:alarm:`;
  return alarms.map((alarm) => allow("cloudwatch", action, prefix + alarm));
};

function alarmNames(parameters: Members): readonly string[] {
  const name = textOf(parameters, "AlarmName");
  const names = name === undefined ? textsOf(parameters, "AlarmNames") : [name];
  return names.length > 0 ? names : ["*"];
}

export const ssmRequirements: Requirements = ({ action, parameters }, { account, region }) => {
  const name = textOf(parameters, "Name")?.replace(/^\//, "") ?? "*";
  return [allow("ssm", action, `arn:aws:ssm:${region}:${account}:parameter/${name}`)];
};

function allow(service: string, action: string, resource: string): Permission {
  return { action: `${service}:${action}`, resource, context: {} };
}

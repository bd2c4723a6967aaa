/**
 * What somebody has to be allowed who deploys to AWS Lambda, and who only brings new versions: the calls that the adapter
 * and CloudFormation make for it, on this deployment's own resources.
 *
 * @module
 */

import type { AccessPolicies, AccessScope, DeployContext } from "../adapter.ts";
import type { AccessPlace } from "../aws/access/access-place.ts";
import { logGroupArns, OF_STACK } from "../aws/access/access-place.ts";
import { boundaryOf } from "../aws/access/boundary.ts";
import {
  allow,
  type PolicyDocument,
  type PolicyStatement,
  policyDocument,
} from "../aws/access/policy-document.ts";
import { inParts } from "../aws/access/policy-parts.ts";
import { type SecretReferences, secretStatements } from "../aws/access/secret-statements.ts";
import {
  logGroupStatements,
  passRole,
  pushStatements,
  readLogs,
  repositoryStatement,
  roleStatements,
  stackStatements,
} from "../aws/access/shared-statements.ts";
import { type WhosePlace, whosePlace } from "../aws/access/whose-place.ts";
import { formatArn } from "../aws/arn.ts";
import type { AwsLambdaOptions } from "./options.ts";
import { AWS_LAMBDA, registryStackName, repositoryName, serviceStackName } from "./target.ts";

export interface LambdaAccess extends AccessPlace {
  readonly functionName: string;
  readonly secrets: SecretReferences;
  readonly options: Pick<AwsLambdaOptions, "compute" | "queueBatchSize" | "url" | "role">;
}

const LAMBDA = "lambda.amazonaws.com";

export async function lambdaAccess(
  scope: AccessScope<AwsLambdaOptions>,
  context: DeployContext,
): Promise<AccessPolicies> {
  const access = accessOf(scope, await whosePlace(AWS_LAMBDA, scope.options, context));
  const { boundaryArn } = access;
  return inParts({
    deploy: lambdaDeployPolicy(access),
    promote: lambdaPromotePolicy(access),
    ...(boundaryArn === undefined
      ? {}
      : { boundary: { name: boundaryArn, document: lambdaBoundary(access) } }),
  });
}

export function accessOf(
  { name, bento, options, secrets = {} }: AccessScope<AwsLambdaOptions>,
  place: WhosePlace,
): LambdaAccess {
  const { partition, account, region } = place;
  return {
    ...{ partition, account, region, options, secrets },
    serviceStack: serviceStackName(name),
    registryStack: registryStackName(bento),
    repository: repositoryName(bento, options),
    boundaryArn: options.role === undefined ? boundaryOf(place, name, options).arn : undefined,
    functionName: options.functionName ?? name,
  };
}

/** All that `bento deploy`, `destroy` and the other verbs do. */
export function lambdaDeployPolicy(access: LambdaAccess): PolicyDocument {
  const { options } = access;
  const isManaged = options.compute === "managed-instances";
  return policyDocument(
    ...stackStatements(access),
    ...pushStatements(access),
    repositoryStatement(access),
    functionStatement(access),
    // AWS takes no narrower resource for it: prune sees whether another function runs an image
    allow("SeeOtherFunctions", "lambda", { actions: ["ListFunctions"], on: ["*"] }),
    ...(options.role === undefined
      ? roleStatements(access, {
          passedTo: [LAMBDA],
          managedPolicies: isManaged ? ["AWSLambdaManagedEC2ResourceOperator"] : [],
        })
      : [passRole("PassGivenRole", [options.role], [LAMBDA])]),
    ...logGroupStatements(access),
    readLogs(access),
    ...(isManaged ? capacityStatements(access) : []),
    ...(options.queueBatchSize === undefined ? [] : queueStatements(access)),
  );
}

/** A new version, its checks, and its traffic: no CloudFormation, no IAM. */
export function lambdaPromotePolicy(access: LambdaAccess): PolicyDocument {
  const isManaged = access.options.compute === "managed-instances";
  return policyDocument(
    ...pushStatements(access),
    allow("MoveVersions", "lambda", {
      actions: [
        "GetAlias",
        "GetFunction",
        "GetFunctionConfiguration",
        "InvokeFunction",
        "ListAliases",
        "ListVersionsByFunction",
        "PublishVersion",
        "UpdateAlias",
        "UpdateFunctionCode",
        ...(isManaged ? ["PutFunctionScalingConfig"] : []),
      ],
      on: functionArns(access),
    }),
    readLogs(access),
  );
}

/** What the roles that are made can do at most: write their own logs, read their own secrets, and run in a network. */
export function lambdaBoundary(access: LambdaAccess): PolicyDocument {
  return policyDocument(
    allow("WriteLogs", "logs", {
      actions: ["CreateLogStream", "PutLogEvents"],
      on: logGroupArns(access),
    }),
    ...secretStatements(access.secrets, {
      secretsmanager: ["GetSecretValue"],
      ssm: ["GetParameter"],
    }),
    ...(access.options.queueBatchSize === undefined
      ? []
      : [
          allow("TakeMessages", "sqs", {
            actions: [
              "ChangeMessageVisibility",
              "DeleteMessage",
              "GetQueueAttributes",
              "GetQueueUrl",
              "ReceiveMessage",
            ],
            on: queueArns(access),
          }),
        ]),
    ...(access.options.compute === "managed-instances"
      ? [
          // what AWSLambdaManagedEC2ResourceOperator allows: AWS takes no narrower resources
          allow("OperateInstances", "ec2", {
            actions: [
              "CreateTags",
              "DescribeAvailabilityZones",
              "DescribeCapacityReservations",
              "DescribeInstanceStatus",
              "DescribeInstanceTypeOfferings",
              "DescribeInstanceTypes",
              "DescribeInstances",
              "DescribeSecurityGroups",
              "DescribeSubnets",
              "RunInstances",
            ],
            on: ["*"],
          }),
        ]
      : []),
  );
}

function functionArns(access: LambdaAccess): string[] {
  const arn = formatArn(access, "lambda", `function:${access.functionName}`);
  return [arn, `${arn}:*`];
}

function functionStatement(access: LambdaAccess): PolicyStatement {
  const url =
    access.options.url === "none"
      ? []
      : [
          "AddPermission",
          "CreateFunctionUrlConfig",
          "DeleteFunctionUrlConfig",
          "GetFunctionUrlConfig",
          "GetPolicy",
          "RemovePermission",
          "UpdateFunctionUrlConfig",
        ];
  return allow("KeepFunction", "lambda", {
    actions: [
      "CreateAlias",
      "CreateFunction",
      "DeleteAlias",
      "DeleteFunction",
      "DeleteFunctionConcurrency",
      "GetAlias",
      "GetFunction",
      "GetFunctionCodeSigningConfig",
      "GetFunctionConfiguration",
      "GetFunctionRecursionConfig",
      "GetRuntimeManagementConfig",
      "InvokeFunction",
      "ListAliases",
      "ListTags",
      "ListVersionsByFunction",
      "PublishVersion",
      "PutFunctionConcurrency",
      "TagResource",
      "UntagResource",
      "UpdateAlias",
      "UpdateFunctionCode",
      "UpdateFunctionConfiguration",
      ...url,
    ],
    on: functionArns(access),
  });
}

function capacityStatements(access: LambdaAccess): PolicyStatement[] {
  const on = [formatArn(access, "lambda", `capacity-provider:${access.serviceStack}-${OF_STACK}*`)];
  return [
    allow("KeepCapacity", "lambda", {
      actions: [
        "CreateCapacityProvider",
        "DeleteCapacityProvider",
        "GetCapacityProvider",
        "PassCapacityProvider",
        "UpdateCapacityProvider",
      ],
      on,
    }),
    allow("ScaleVersions", "lambda", {
      actions: ["GetFunctionScalingConfig", "PutFunctionScalingConfig"],
      on: functionArns(access),
    }),
    // AWS takes no narrower resource for them
    allow("LookAtNetwork", "ec2", {
      actions: ["DescribeSecurityGroups", "DescribeSubnets", "DescribeVpcs"],
      on: ["*"],
    }),
  ];
}

function queueArns(access: LambdaAccess): string[] {
  return [formatArn(access, "sqs", `${access.serviceStack}-${OF_STACK}*`)];
}

function queueStatements(access: LambdaAccess): PolicyStatement[] {
  const functions = functionArns(access);
  // their ids are not known before; the function is what counts
  const mappings = [formatArn(access, "lambda", "event-source-mapping:*")];
  return [
    allow("KeepQueues", "sqs", {
      actions: [
        "CreateQueue",
        "DeleteQueue",
        "GetQueueAttributes",
        "ListQueueTags",
        "SetQueueAttributes",
        "TagQueue",
        "UntagQueue",
      ],
      on: queueArns(access),
    }),
    // AWS takes no resource when a mapping is made, so the condition has to hold it
    allow("MakeMappings", "lambda", {
      actions: ["CreateEventSourceMapping"],
      on: ["*"],
      condition: { ArnLike: { "lambda:FunctionArn": functions } },
    }),
    allow("KeepMappings", "lambda", {
      actions: [
        "DeleteEventSourceMapping",
        "GetEventSourceMapping",
        "ListTags",
        "TagResource",
        "UntagResource",
        "UpdateEventSourceMapping",
      ],
      on: mappings,
    }),
  ];
}

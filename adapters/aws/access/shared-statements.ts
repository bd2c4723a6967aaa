/**
 * What deploys to every platform of AWS need alike: images, stacks, roles, logs.
 *
 * @module
 */
import {
  type AccessPlace,
  logGroupArns,
  repositoryArns,
  roleArns,
  stackArns,
} from "./access-place.ts";
import { allow, type PolicyStatement } from "./policy-document.ts";

/** Pushing an image to a repository that is there, and looking at what is in it. */
export function pushStatements(place: AccessPlace): PolicyStatement[] {
  return [
    // AWS takes no narrower resource for it
    allow("RegistryToken", "ecr", { actions: ["GetAuthorizationToken"], on: ["*"] }),
    allow("PushImages", "ecr", {
      actions: [
        "BatchCheckLayerAvailability",
        "BatchGetImage",
        "CompleteLayerUpload",
        "DescribeImages",
        "DescribeRepositories",
        "GetDownloadUrlForLayer",
        "InitiateLayerUpload",
        "ListImages",
        "ListTagsForResource",
        "PutImage",
        "UploadLayerPart",
      ],
      on: repositoryArns(place),
    }),
  ];
}

/** Making and changing the repository, and removing images that nothing needs. */
export function repositoryStatement(place: AccessPlace): PolicyStatement {
  return allow("KeepRepository", "ecr", {
    actions: [
      "BatchDeleteImage",
      "CreateRepository",
      "GetLifecyclePolicy",
      "GetRepositoryPolicy",
      "PutImageScanningConfiguration",
      "PutImageTagMutability",
      "PutLifecyclePolicy",
      "SetRepositoryPolicy",
      "TagResource",
      "UntagResource",
    ],
    on: repositoryArns(place),
  });
}

/** The two stacks by their names, and no others. */
export function stackStatements(place: AccessPlace): PolicyStatement[] {
  return [
    allow("Stacks", "cloudformation", {
      actions: [
        "ContinueUpdateRollback",
        "CreateChangeSet",
        "DeleteChangeSet",
        "DeleteStack",
        "DescribeChangeSet",
        "DescribeStackEvents",
        "DescribeStackResources",
        "DescribeStacks",
        "ExecuteChangeSet",
        "GetTemplate",
        "ListStackResources",
      ],
      on: stackArns(place),
    }),
  ];
}

export interface RoleOptions {
  /** Who takes the roles on, e.g. `lambda.amazonaws.com`. */
  readonly passedTo: readonly string[];
  /** Policies of AWS's own that may be attached, by name, e.g. `service-role/AWSLambdaVPCAccessExecutionRole`. */
  readonly managedPolicies: readonly string[];
}

/** Roles that the stack makes, each within the boundary, for the services that take them on alone. */
export function roleStatements(
  place: AccessPlace,
  { passedTo, managedPolicies }: RoleOptions,
): PolicyStatement[] {
  const on = roleArns(place);
  const { boundaryArn, partition } = place;
  const bounded =
    boundaryArn === undefined ? {} : { StringEquals: { "iam:PermissionsBoundary": boundaryArn } };
  const attached = managedPolicies.map((name) => `arn:${partition}:iam::aws:policy/${name}`);
  return [
    allow("MakeBoundedRoles", "iam", {
      actions: ["CreateRole", "DeleteRolePolicy", "PutRolePermissionsBoundary", "PutRolePolicy"],
      on,
      condition: bounded,
    }),
    ...(attached.length === 0
      ? []
      : [
          allow("AttachManagedPolicies", "iam", {
            actions: ["AttachRolePolicy", "DetachRolePolicy"],
            on,
            condition: { ...bounded, ArnEquals: { "iam:PolicyARN": attached } },
          }),
        ]),
    allow("KeepRoles", "iam", {
      actions: [
        "DeleteRole",
        "GetRole",
        "GetRolePolicy",
        "ListAttachedRolePolicies",
        "ListRolePolicies",
        "TagRole",
        "UntagRole",
        "UpdateAssumeRolePolicy",
        "UpdateRole",
        "UpdateRoleDescription",
      ],
      on,
    }),
    passRole("PassRoles", on, passedTo),
  ];
}

export function passRole(
  sid: string,
  on: readonly string[],
  passedTo: readonly string[],
): PolicyStatement {
  return allow(sid, "iam", {
    actions: ["PassRole"],
    on,
    condition: { StringEquals: { "iam:PassedToService": [...passedTo] } },
  });
}

/** Making log groups and setting how long they keep lines. */
export function logGroupStatements(place: AccessPlace): PolicyStatement[] {
  return [
    allow("KeepLogGroups", "logs", {
      actions: [
        "CreateLogGroup",
        "DeleteLogGroup",
        "DeleteRetentionPolicy",
        "ListTagsForResource",
        "PutRetentionPolicy",
        "TagResource",
        "UntagResource",
      ],
      on: logGroupArns(place),
    }),
    // AWS takes no narrower resource for it
    allow("FindLogGroups", "logs", { actions: ["DescribeLogGroups"], on: ["*"] }),
  ];
}

export function readLogs(place: AccessPlace): PolicyStatement {
  return allow("ReadLogs", "logs", {
    actions: ["DescribeLogStreams", "FilterLogEvents", "GetLogEvents"],
    on: logGroupArns(place),
  });
}

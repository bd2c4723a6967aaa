/**
 * What the roles that a deploy makes can do at most: those of the task, of who starts it, of instances, and of ECS where it
 * moves traffic and runs instances. As AWS's own policies for them allow, on less (read 2026-11-21).
 *
 * @module
 */
import { logGroupArns, repositoryArns, roleArns } from "../aws/access/access-place.ts";
import {
  allow,
  type PolicyDocument,
  type PolicyStatement,
  policyDocument,
} from "../aws/access/policy-document.ts";
import { secretStatements } from "../aws/access/secret-statements.ts";
import { passRole } from "../aws/access/shared-statements.ts";
import {
  clusterName,
  type EcsAccess,
  ec2Arns,
  ec2Service,
  ecsArns,
  frontArns,
  ownCapacity,
} from "./access-place.ts";

export function ecsBoundary(access: EcsAccess): PolicyDocument {
  return policyDocument(
    // AWS takes no narrower resource for it
    allow("RegistryToken", "ecr", { actions: ["GetAuthorizationToken"], on: ["*"] }),
    allow("PullImages", "ecr", {
      actions: ["BatchCheckLayerAvailability", "BatchGetImage", "GetDownloadUrlForLayer"],
      on: repositoryArns(access),
    }),
    allow("WriteLogs", "logs", {
      actions: ["CreateLogStream", "PutLogEvents"],
      on: logGroupArns(access),
    }),
    ...secretStatements(access.secrets, {
      secretsmanager: ["DescribeSecret", "GetSecretValue"],
      ssm: ["GetParameter", "GetParameterHistory", "GetParameters"],
    }),
    ...trafficStatements(access),
    ...(ownCapacity(access) === undefined ? [] : agentStatements(access)),
    ...(ownCapacity(access) === "managed-instances" ? instanceStatements(access) : []),
  );
}

/** ECS moves traffic between both sets of tasks. */
function trafficStatements(access: EcsAccess): PolicyStatement[] {
  return [
    allow("MoveTraffic", "elasticloadbalancing", {
      actions: ["DeregisterTargets", "ModifyListener", "ModifyRule", "RegisterTargets"],
      on: frontArns(access).filter((arn) => !arn.includes(":loadbalancer/")),
    }),
    // AWS takes no narrower resource for them
    allow("SeeTraffic", "elasticloadbalancing", {
      actions: [
        "DescribeListeners",
        "DescribeRules",
        "DescribeTargetGroups",
        "DescribeTargetHealth",
      ],
      on: ["*"],
    }),
  ];
}

/** The agent on an instance. */
function agentStatements(access: EcsAccess): PolicyStatement[] {
  const name = clusterName(access);
  return [
    allow("RunAgent", "ecs", {
      actions: [
        "DeregisterContainerInstance",
        "Poll",
        "PutSystemLogEvents",
        "RegisterContainerInstance",
        "StartTelemetrySession",
        "SubmitAttachmentStateChanges",
        "SubmitContainerStateChange",
        "SubmitTaskStateChange",
        "TagResource",
        "UpdateContainerInstancesState",
      ],
      on: ecsArns(access, `cluster/${name}`, `container-instance/${name}/*`),
    }),
    // AWS takes no narrower resource for them
    allow("FindEcs", "ecs", { actions: ["DiscoverPollEndpoint"], on: ["*"] }),
    allow("SeeTags", "ec2", { actions: ["DescribeTags"], on: ["*"] }),
  ];
}

/** ECS runs instances itself. Theirs have a tag that it gives them. */
function instanceStatements(access: EcsAccess): PolicyStatement[] {
  const made = ["fleet/*", "instance/*", "launch-template/*", "network-interface/*", "volume/*"];
  const { partition, region, account } = access;
  return [
    allow("RunInstances", "ec2", {
      actions: [
        "CreateFleet",
        "CreateLaunchTemplate",
        "CreateLaunchTemplateVersion",
        "CreateTags",
        "ModifyLaunchTemplate",
        "RunInstances",
      ],
      on: [
        ...ec2Arns(access, ...made, "security-group/*", "subnet/*"),
        `arn:${partition}:ec2:${region}::image/*`,
        `arn:${partition}:resource-groups:${region}:${account}:group/*`,
      ],
    }),
    // AWS takes no narrower resource for them
    allow("SeeInstances", "ec2", {
      actions: [
        "DescribeAvailabilityZones",
        "DescribeCapacityReservations",
        "DescribeInstanceTypeOfferings",
        "DescribeInstanceTypes",
        "DescribeInstances",
        "DescribeLaunchTemplates",
        "DescribeNetworkInterfaces",
        "DescribeSecurityGroups",
        "DescribeSubnets",
        "DescribeVpcs",
      ],
      on: ["*"],
    }),
    passRole("PassInstanceRole", roleArns(access), [ec2Service(access)]),
    allow("LinkSpotRole", "iam", {
      actions: ["CreateServiceLinkedRole"],
      on: [`arn:${partition}:iam::${account}:role/aws-service-role/spot.amazonaws.com/*`],
    }),
  ];
}

/**
 * What CloudFormation does with a deployer's rights for the service itself, and what bento asks ECS meanwhile. Resources as
 * narrow as the service authorization reference has them (read 2026-11-21); names that AWS makes are held by the tag of the
 * bento, which nobody gets to set on what is there already.
 *
 * @module
 */
import { OF_STACK } from "../aws/access/access-place.ts";
import { allow, type PolicyStatement } from "../aws/access/policy-document.ts";
import { formatArn } from "../aws/arn.ts";
import { NAME_TAG } from "../aws/ownership.ts";
import {
  clusterName,
  type EcsAccess,
  ec2Arns,
  ecsArns,
  frontArns,
  serviceArns,
  taskDefinitionArns,
} from "./access-place.ts";

/** Asked while a version comes up, and for words that it waits for. */
const WATCHING = [
  "ContinueServiceDeployment",
  "DescribeServiceDeployments",
  "DescribeServiceRevisions",
  "DescribeServices",
  "DescribeTasks",
  "ListServiceDeployments",
  "ListTagsForResource",
  "StopServiceDeployment",
  "StopTask",
];

/** A new version: its task definition, and the service that is told of it. */
export function versionStatements(access: EcsAccess): PolicyStatement[] {
  const tasks = ecsArns(access, `task/${clusterName(access)}/*`);
  const inCluster = {
    ArnLike: { "ecs:cluster": ecsArns(access, `cluster/${clusterName(access)}`) },
  };
  return [
    allow("BringVersions", "ecs", {
      actions: [...WATCHING, "UpdateService"],
      on: [...serviceArns(access), ...tasks],
    }),
    allow("RegisterVersions", "ecs", {
      actions: ["RegisterTaskDefinition", "TagResource", "UntagResource"],
      on: taskDefinitionArns(access),
    }),
    // AWS takes no narrower resource for them
    allow("SeeVersions", "ecs", {
      actions: ["DeregisterTaskDefinition", "DescribeTaskDefinition", "ListTaskDefinitions"],
      on: ["*"],
    }),
    // of tasks that are asked for by their service AWS knows no resource, so the condition has to hold the cluster
    allow("SeeTasks", "ecs", {
      actions: ["ListTasks"],
      on: ["*"],
      condition: inCluster,
    }),
    ...(access.options.goldenTask
      ? [
          allow("AskTasks", "ecs", {
            actions: ["RunTask"],
            on: taskDefinitionArns(access),
            condition: inCluster,
          }),
        ]
      : []),
  ];
}

/** The service and, unless it is given, its cluster. */
export function serviceStatements(access: EcsAccess): PolicyStatement[] {
  const clusters = ecsArns(access, `cluster/${clusterName(access)}`);
  const isOwn = access.options.cluster === undefined;
  return [
    allow("KeepService", "ecs", {
      actions: ["CreateService", "DeleteService", "TagResource", "UntagResource"],
      on: serviceArns(access).slice(0, 1),
    }),
    allow("UseCluster", "ecs", {
      actions: [
        "DescribeClusters",
        "PutClusterCapacityProviders",
        ...(isOwn
          ? [
              "CreateCluster",
              "DeleteCluster",
              "ListTagsForResource",
              "TagResource",
              "UntagResource",
              "UpdateCluster",
              "UpdateClusterSettings",
            ]
          : []),
      ],
      on: clusters,
    }),
  ];
}

/** The load balancer with its listener, rule and target groups. */
export function frontStatements(access: EcsAccess): PolicyStatement[] {
  const on = frontArns(access);
  const { bento } = access;
  const makes = ["CreateListener", "CreateLoadBalancer", "CreateRule", "CreateTargetGroup"];
  return [
    allow("MakeFront", "elasticloadbalancing", {
      actions: makes,
      on: on.filter((arn) => !arn.includes(":listener-rule/")),
      condition: { StringEquals: { [`aws:RequestTag/${NAME_TAG}`]: bento } },
    }),
    allow("TagFront", "elasticloadbalancing", {
      actions: ["AddTags"],
      on,
      condition: { StringEquals: { "elasticloadbalancing:CreateAction": makes } },
    }),
    allow("KeepFront", "elasticloadbalancing", {
      actions: [
        "AddTags",
        "DeleteListener",
        "DeleteLoadBalancer",
        "DeleteRule",
        "DeleteTargetGroup",
        "ModifyListener",
        "ModifyListenerAttributes",
        "ModifyLoadBalancerAttributes",
        "ModifyRule",
        "ModifyTargetGroup",
        "ModifyTargetGroupAttributes",
        "RemoveTags",
        "SetIpAddressType",
        "SetSecurityGroups",
        "SetSubnets",
      ],
      on,
      condition: ofBento(access),
    }),
    // AWS takes no narrower resource for them
    allow("SeeFront", "elasticloadbalancing", { actions: SEE_FRONT, on: ["*"] }),
  ];
}

const SEE_FRONT = [
  "DescribeCapacityReservation",
  "DescribeListenerAttributes",
  "DescribeListeners",
  "DescribeLoadBalancerAttributes",
  "DescribeLoadBalancers",
  "DescribeRules",
  "DescribeTags",
  "DescribeTargetGroupAttributes",
  "DescribeTargetGroups",
  "DescribeTargetHealth",
];

/** Who reaches whom: groups of the stack, and rules in groups that are given. */
export function groupStatements(access: EcsAccess): PolicyStatement[] {
  const { bento, options } = access;
  const groups = ec2Arns(access, "security-group/*");
  const given = options.securityGroups.map((id) => `security-group/${id}`);
  return [
    allow("MakeGroups", "ec2", {
      actions: ["CreateSecurityGroup"],
      on: groups,
      condition: { StringEquals: { [`aws:RequestTag/${NAME_TAG}`]: bento } },
    }),
    allow("MakeGroupsInNetwork", "ec2", {
      actions: ["CreateSecurityGroup"],
      on: ec2Arns(access, `vpc/${options.vpcId ?? "*"}`),
    }),
    allow("TagGroups", "ec2", {
      actions: ["CreateTags"],
      on: groups,
      condition: { StringEquals: { "ec2:CreateAction": "CreateSecurityGroup" } },
    }),
    allow("KeepGroups", "ec2", {
      actions: ["CreateTags", "DeleteSecurityGroup", "DeleteTags", ...RULES],
      on: groups,
      condition: ofBento(access),
    }),
    ...(given.length === 0
      ? []
      : [allow("RulesOfGivenGroups", "ec2", { actions: RULES, on: ec2Arns(access, ...given) })]),
    // AWS takes no narrower resource for them
    allow("SeeNetwork", "ec2", { actions: SEE_NETWORK, on: ["*"] }),
  ];
}

const RULES = [
  "AuthorizeSecurityGroupEgress",
  "AuthorizeSecurityGroupIngress",
  "RevokeSecurityGroupEgress",
  "RevokeSecurityGroupIngress",
];

const SEE_NETWORK = [
  "DescribeAccountAttributes",
  "DescribeInternetGateways",
  "DescribeSecurityGroupRules",
  "DescribeSecurityGroups",
  "DescribeSubnets",
  "DescribeVpcs",
];

/** The alarms by which deployments roll back. */
export function alarmStatement(access: EcsAccess): PolicyStatement {
  return allow("KeepAlarms", "cloudwatch", {
    actions: [
      "DeleteAlarms",
      "DescribeAlarms",
      "ListTagsForResource",
      "PutMetricAlarm",
      "TagResource",
      "UntagResource",
    ],
    on: [formatArn(access, "cloudwatch", `alarm:${access.serviceStack}-${OF_STACK}*`)],
  });
}

/** What CloudFormation looks at for the values that a new version's task definition and service refer to. */
export function lookStatements(access: EcsAccess): PolicyStatement[] {
  return [
    // AWS takes no narrower resource for both
    allow("SeeFront", "elasticloadbalancing", { actions: SEE_FRONT, on: ["*"] }),
    allow("SeeNetwork", "ec2", { actions: ["DescribeSecurityGroups"], on: ["*"] }),
    allow("SeeAlarms", "cloudwatch", {
      actions: ["DescribeAlarms"],
      on: [...alarmStatement(access).Resource],
    }),
    allow("SeeCapacity", "ecs", {
      actions: ["DescribeCapacityProviders", "DescribeClusters"],
      on: ecsArns(
        access,
        `capacity-provider/${access.serviceStack}-${OF_STACK}*`,
        `cluster/${clusterName(access)}`,
      ),
    }),
  ];
}

/** What was made for this bento. */
export function ofBento({ bento }: EcsAccess): NonNullable<PolicyStatement["Condition"]> {
  return { StringEquals: { [`aws:ResourceTag/${NAME_TAG}`]: bento } };
}

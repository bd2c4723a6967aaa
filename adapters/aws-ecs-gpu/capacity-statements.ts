/**
 * What CloudFormation does with a deployer's rights for instances and for how many tasks run.
 *
 * @module
 */
import { OF_STACK, roleArns } from "../aws/access/access-place.ts";
import { allow, type PolicyStatement } from "../aws/access/policy-document.ts";
import { passRole } from "../aws/access/shared-statements.ts";
import { formatArn } from "../aws/arn.ts";
import { NAME_TAG } from "../aws/ownership.ts";
import { clusterName, type EcsAccess, ec2Arns, ecsArns, ownCapacity } from "./access-place.ts";
import { ofBento } from "./service-statements.ts";

/** Policies of AWS's own that the stack's roles have, by name. */
export function managedPolicies(access: EcsAccess): string[] {
  const capacity = ownCapacity(access);
  return [
    "AmazonECSInfrastructureRolePolicyForLoadBalancers",
    ...(capacity === undefined ? [] : OF_INSTANCES[capacity]),
  ];
}

const OF_INSTANCES = {
  asg: ["service-role/AmazonEC2ContainerServiceforEC2Role"],
  "managed-instances": [
    "AmazonECSInfrastructureRolePolicyForManagedInstances",
    "AmazonECSInstanceRolePolicyForManagedInstances",
  ],
} as const;

/** Where instances come from: a provider of the stack's own, with what it is made of. */
export function capacityStatements(access: EcsAccess): PolicyStatement[] {
  const capacity = ownCapacity(access);
  if (capacity === undefined) {
    return [];
  }
  return [
    allow("KeepCapacity", "ecs", {
      actions: [
        "CreateCapacityProvider",
        "DeleteCapacityProvider",
        "DescribeCapacityProviders",
        "ListTagsForResource",
        "TagResource",
        "UntagResource",
        "UpdateCapacityProvider",
      ],
      on: ecsArns(access, `capacity-provider/${access.serviceStack}-${OF_STACK}*`),
    }),
    profileStatement(access),
    ...(capacity === "asg" ? groupOfInstances(access) : []),
  ];
}

/** By which instances take their role on. */
function profileStatement(access: EcsAccess): PolicyStatement {
  return allow("KeepInstanceProfile", "iam", {
    actions: [
      "AddRoleToInstanceProfile",
      "CreateInstanceProfile",
      "DeleteInstanceProfile",
      "GetInstanceProfile",
      "RemoveRoleFromInstanceProfile",
    ],
    on: roleArns(access).map((arn) => arn.replace(":role/", ":instance-profile/")),
  });
}

/** An auto scaling group of instances of one type, from a template. */
function groupOfInstances(access: EcsAccess): PolicyStatement[] {
  const { bento, options, partition, region, serviceStack } = access;
  const templates = ec2Arns(access, "launch-template/*");
  const image = `arn:${partition}:ec2:${region}::image/${options.amiId ?? "*"}`;
  const name = `autoScalingGroup:*:autoScalingGroupName/${serviceStack}-${OF_STACK}*`;
  return [
    allow("MakeTemplate", "ec2", {
      actions: ["CreateLaunchTemplate"],
      on: templates,
      condition: { StringEquals: { [`aws:RequestTag/${NAME_TAG}`]: bento } },
    }),
    allow("KeepTemplate", "ec2", {
      actions: ["CreateLaunchTemplateVersion", "DeleteLaunchTemplate", "ModifyLaunchTemplate"],
      on: templates,
      condition: ofBento(access),
    }),
    allow("TagInstances", "ec2", {
      actions: ["CreateTags"],
      on: [...templates, ...ec2Arns(access, "instance/*", "volume/*")],
      condition: { StringEquals: { "ec2:CreateAction": ["CreateLaunchTemplate", "RunInstances"] } },
    }),
    // asked of whoever makes a group from a template
    allow("RunInstances", "ec2", {
      actions: ["RunInstances"],
      on: [
        ...ec2Arns(access, "instance/*", "launch-template/*", "network-interface/*"),
        ...ec2Arns(access, "security-group/*", ...subnets(access), "volume/*"),
        image,
      ],
      condition: { ArnLike: { "ec2:LaunchTemplate": templates } },
    }),
    allow("KeepInstances", "autoscaling", {
      actions: [
        "CreateAutoScalingGroup",
        "CreateOrUpdateTags",
        "DeleteAutoScalingGroup",
        "DeleteTags",
        "UpdateAutoScalingGroup",
      ],
      on: [formatArn(access, "autoscaling", name)],
    }),
    // AWS takes no narrower resource for both
    allow("SeeInstances", "autoscaling", {
      actions: [
        "DescribeAutoScalingGroups",
        "DescribeLifecycleHooks",
        "DescribeNotificationConfigurations",
        "DescribeScalingActivities",
        "DescribeTags",
      ],
      on: ["*"],
    }),
    allow("SeeTemplates", "ec2", {
      actions: ["DescribeInstances", "DescribeLaunchTemplateVersions", "DescribeLaunchTemplates"],
      on: ["*"],
    }),
  ];
}

function subnets({ options }: EcsAccess): string[] {
  return options.subnets.length === 0
    ? ["subnet/*"]
    : options.subnets.map((subnet) => `subnet/${subnet}`);
}

const SCALING = "ecs.application-autoscaling.amazonaws.com";

/** How many tasks run: targets have ids of AWS's own, so that the condition says what they are of. */
export function scalingStatements(access: EcsAccess): PolicyStatement[] {
  const { serviceName } = access;
  const alarms = `alarm:TargetTracking-service/${clusterName(access)}/${serviceName}-*`;
  return [
    allow("ScaleTasks", "application-autoscaling", {
      actions: [
        "DeleteScalingPolicy",
        "DeregisterScalableTarget",
        "ListTagsForResource",
        "PutScalingPolicy",
        "RegisterScalableTarget",
        "TagResource",
        "UntagResource",
      ],
      on: [formatArn(access, "application-autoscaling", "scalable-target/*")],
      condition: {
        StringEquals: {
          "application-autoscaling:scalable-dimension": "ecs:service:DesiredCount",
          "application-autoscaling:service-namespace": "ecs",
        },
      },
    }),
    // AWS takes no narrower resource for them
    allow("SeeScaling", "application-autoscaling", {
      actions: ["DescribeScalableTargets", "DescribeScalingPolicies"],
      on: ["*"],
    }),
    allow("AlarmsOfScaling", "cloudwatch", {
      actions: ["DeleteAlarms", "DescribeAlarms", "PutMetricAlarm"],
      on: [formatArn(access, "cloudwatch", alarms)],
    }),
    passRole(
      "PassScalingRole",
      [`${linkedRole(access, SCALING)}/AWSServiceRoleForApplicationAutoScaling_ECSService`],
      [SCALING],
    ),
  ];
}

/** Roles that AWS makes for its own services when an account uses them for the first time. */
export function linkedRoles(access: EcsAccess): PolicyStatement {
  const capacity = ownCapacity(access);
  const services = [
    "ecs.amazonaws.com",
    "elasticloadbalancing.amazonaws.com",
    ...(capacity === "asg" ? ["autoscaling.amazonaws.com"] : []),
    ...(capacity === "managed-instances" ? ["ecs-compute.amazonaws.com"] : []),
    ...(capacity === "managed-instances" && access.options.spot ? ["spot.amazonaws.com"] : []),
    ...(isScaled(access) ? [SCALING] : []),
  ];
  return allow("LinkRoles", "iam", {
    actions: ["CreateServiceLinkedRole"],
    on: services.map((service) => `${linkedRole(access, service)}/*`),
    condition: { StringEquals: { "iam:AWSServiceName": services } },
  });
}

/** Whether the number of tasks changes by itself. */
export function isScaled({ options: { minTasks, maxTasks = minTasks } }: EcsAccess): boolean {
  return maxTasks > minTasks;
}

function linkedRole({ partition, account }: EcsAccess, service: string): string {
  return `arn:${partition}:iam::${account}:role/aws-service-role/${service}`;
}

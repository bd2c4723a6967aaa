/**
 * The calls that CloudFormation makes with the deployer's rights for each type of resource: the permissions that the
 * handlers in AWS's schemas of these types name, as far as the properties of our templates ask for them (2026-11-21).
 *
 * @module
 */
import type { Members } from "../aws-call.ts";
import { asMembers, compact, listOf, membersOf, tagsOf, textOf, textsOf } from "../members.ts";
import type { ResourceContext, ResourceProvider } from "../resources/resource-provider.ts";
import type { Tagged } from "./handler-requirements.ts";

/** One call: what it is about by ARN, what it makes, and the roles that it hands on. */
interface HandlerCall {
  readonly service: string;
  readonly action: string;
  readonly on?: readonly string[];
  readonly makes?: readonly string[];
  readonly passes?: Members;
  readonly context?: Members;
}

/** A resource as its handler sees it. */
interface Seen {
  /** What `Ref` gives; empty before it is there. */
  readonly id: string;
  readonly properties: Members;
  /** In the stack's account and region. */
  readonly arn: (service: string, resource: string) => string;
  /** As it will be named where no name is given. */
  readonly name: string;
}

interface Handler {
  /** Whether it is asked before the resource is made: nothing is made where it may not. */
  readonly isNamed?: boolean;
  readonly create: (seen: Seen) => readonly HandlerCall[];
  readonly update?: (seen: Seen) => readonly HandlerCall[];
  readonly remove: (seen: Seen) => readonly HandlerCall[];
}

const call = (name: string, more: Omit<HandlerCall, "service" | "action"> = {}): HandlerCall => {
  const [service = "", action = ""] = name.split(":");
  return { service, action, ...more };
};

const ECS = "ecs.amazonaws.com";
const TASKS = "ecs-tasks.amazonaws.com";
const ELB = "elasticloadbalancing";

const roleArn = (value: unknown, to: string): Members =>
  typeof value === "string" ? { [value]: to } : {};

const clusterArn = ({ arn, properties }: Seen, member = "Cluster") =>
  arn("ecs", `cluster/${textOf(properties, member) ?? "default"}`);

const serviceArn = ({ arn, properties, name }: Seen) =>
  arn(
    "ecs",
    `service/${textOf(properties, "Cluster") ?? "default"}/${textOf(properties, "ServiceName") ?? name}`,
  );

/** The role by which ECS moves traffic. */
const shiftRole = ({ properties }: Seen): Members =>
  Object.assign(
    {},
    ...listOf(properties, "LoadBalancers")
      .map(asMembers)
      .map((one) => roleArn(membersOf(one, "AdvancedConfiguration")["RoleArn"], ECS)),
  );

const groupArn = ({ arn, properties, id }: Seen, member?: string) =>
  arn("ec2", `security-group/${member === undefined ? id : textOf(properties, member)}`);

const OF_ECS: Readonly<Record<string, Handler>> = {
  "AWS::ECS::Cluster": {
    isNamed: true,
    create: ({ arn, name }) => {
      const made = [arn("ecs", `cluster/${name}`)];
      return [
        call("ecs:CreateCluster", { on: made, makes: made }),
        call("ecs:DescribeClusters", { on: made }),
      ];
    },
    remove: ({ arn, id }) => [call("ecs:DeleteCluster", { on: [arn("ecs", `cluster/${id}`)] })],
  },
  "AWS::ECS::TaskDefinition": {
    isNamed: true,
    create: ({ arn, properties }) => {
      const made = [arn("ecs", `task-definition/${textOf(properties, "Family")}:1`)];
      const passes = {
        ...roleArn(properties["TaskRoleArn"], TASKS),
        ...roleArn(properties["ExecutionRoleArn"], TASKS),
      };
      return [
        call("ecs:RegisterTaskDefinition", { on: made, makes: made, passes }),
        call("ecs:DescribeTaskDefinition"),
      ];
    },
    remove: () => [call("ecs:DeregisterTaskDefinition"), call("ecs:DescribeTaskDefinition")],
  },
  "AWS::ECS::Service": {
    isNamed: true,
    create: (seen) => {
      const on = [serviceArn(seen)];
      return [
        call("ecs:CreateService", { on, makes: on, passes: shiftRole(seen) }),
        call("ecs:DescribeServices", { on }),
        call("ecs:ListServiceDeployments", { on }),
      ];
    },
    update: (seen) => {
      const on = [serviceArn(seen)];
      return [
        call("ecs:UpdateService", { on, passes: shiftRole(seen) }),
        call("ecs:DescribeServices", { on }),
      ];
    },
    remove: (seen) => [call("ecs:DeleteService", { on: [serviceArn(seen)] })],
  },
  "AWS::ECS::CapacityProvider": {
    create: (seen) => {
      const made = [seen.arn("ecs", `capacity-provider/${seen.id}`)];
      const managed = membersOf(seen.properties, "ManagedInstancesProvider");
      const passes = roleArn(managed["InfrastructureRoleArn"], ECS);
      return [
        call("ecs:CreateCapacityProvider", { on: made, makes: made, passes }),
        call("ecs:DescribeCapacityProviders", { on: made }),
        ...("ClusterName" in seen.properties
          ? [call("ecs:PutClusterCapacityProviders", { on: [clusterArn(seen, "ClusterName")] })]
          : []),
      ];
    },
    remove: ({ arn, id }) => [
      call("ecs:DeleteCapacityProvider", { on: [arn("ecs", `capacity-provider/${id}`)] }),
    ],
  },
  "AWS::ECS::ClusterCapacityProviderAssociations": {
    create: (seen) => [call("ecs:PutClusterCapacityProviders", { on: [clusterArn(seen)] })],
    remove: (seen) => [call("ecs:PutClusterCapacityProviders", { on: [clusterArn(seen)] })],
  },
};

const OF_NETWORK: Readonly<Record<string, Handler>> = {
  "AWS::EC2::SecurityGroup": {
    create: (seen) => {
      const { arn, properties } = seen;
      const made = groupArn(seen);
      return [
        call("ec2:CreateSecurityGroup", {
          on: [made, arn("ec2", `vpc/${textOf(properties, "VpcId")}`)],
          makes: [made],
        }),
        call("ec2:DescribeSecurityGroups"),
        call("ec2:RevokeSecurityGroupEgress", { on: [made] }),
        call("ec2:AuthorizeSecurityGroupEgress", { on: [made] }),
      ];
    },
    remove: (seen) => [
      call("ec2:DeleteSecurityGroup", { on: [groupArn(seen)] }),
      call("ec2:DescribeSecurityGroups"),
    ],
  },
  ...Object.fromEntries(
    ["Egress", "Ingress"].map((way): [string, Handler] => [
      `AWS::EC2::SecurityGroup${way}`,
      {
        create: (seen) => [
          call(`ec2:AuthorizeSecurityGroup${way}`, { on: [groupArn(seen, "GroupId")] }),
          call("ec2:DescribeSecurityGroupRules"),
        ],
        remove: (seen) => [
          call(`ec2:RevokeSecurityGroup${way}`, { on: [groupArn(seen, "GroupId")] }),
        ],
      },
    ]),
  ),
};

/** What is made by `Create…` on itself or on what it belongs to, and looked at, changed and removed by its own ARN. */
function ofElb(noun: string, options: { parent?: string; attributes?: boolean } = {}): Handler {
  const { parent, attributes = false } = options;
  const settings = attributes ? [`Modify${noun}Attributes`] : [];
  return {
    create: ({ id, properties }) => [
      call(`${ELB}:Create${noun}`, {
        on: [parent === undefined ? id : (textOf(properties, parent) ?? "")],
        makes: [id],
      }),
      call(`${ELB}:Describe${noun}s`),
      ...settings.map((action) => call(`${ELB}:${action}`, { on: [id] })),
    ],
    update: ({ id }) => [
      ...(noun === "LoadBalancer" ? [] : [call(`${ELB}:Modify${noun}`, { on: [id] })]),
      ...settings.map((action) => call(`${ELB}:${action}`, { on: [id] })),
    ],
    remove: ({ id }) => [call(`${ELB}:Delete${noun}`, { on: [id] })],
  };
}

const SCALED = {
  "application-autoscaling:scalable-dimension": "ecs:service:DesiredCount",
  "application-autoscaling:service-namespace": "ecs",
};

/** Nobody knows the id of a target before. */
const target = ({ arn }: Seen) => arn("application-autoscaling", "scalable-target/0ec50a1b2c3d");

const OF_SCALING: Readonly<Record<string, Handler>> = {
  "AWS::ApplicationAutoScaling::ScalableTarget": {
    create: (seen) => {
      const role = textOf(seen.properties, "RoleARN") ?? "";
      return [
        call("application-autoscaling:RegisterScalableTarget", {
          on: [target(seen)],
          makes: [target(seen)],
          passes: { [role]: role.split("/").at(-2) ?? "" },
          context: SCALED,
        }),
        call("application-autoscaling:DescribeScalableTargets"),
      ];
    },
    update: (seen) => [
      call("application-autoscaling:RegisterScalableTarget", {
        on: [target(seen)],
        context: SCALED,
      }),
    ],
    remove: (seen) => [
      call("application-autoscaling:DeregisterScalableTarget", {
        on: [target(seen)],
        context: SCALED,
      }),
    ],
  },
  "AWS::ApplicationAutoScaling::ScalingPolicy": {
    create: (seen) => [
      call("application-autoscaling:PutScalingPolicy", { on: [target(seen)], context: SCALED }),
      call("application-autoscaling:DescribeScalingPolicies"),
    ],
    remove: (seen) => [
      call("application-autoscaling:DeleteScalingPolicy", { on: [target(seen)], context: SCALED }),
    ],
  },
};

const groupOf = ({ arn, id }: Seen) =>
  arn("autoscaling", `autoScalingGroup:0ec50a1b:autoScalingGroupName/${id}`);

const OF_INSTANCES: Readonly<Record<string, Handler>> = {
  "AWS::EC2::LaunchTemplate": {
    create: ({ arn, id }) => {
      const made = [arn("ec2", `launch-template/${id}`)];
      return [call("ec2:CreateLaunchTemplate", { on: made, makes: made })];
    },
    remove: ({ arn, id }) => [
      call("ec2:DeleteLaunchTemplate", { on: [arn("ec2", `launch-template/${id}`)] }),
    ],
  },
  "AWS::AutoScaling::AutoScalingGroup": {
    create: (seen) => {
      const { arn, properties } = seen;
      const template = membersOf(properties, "LaunchTemplate");
      const from = arn("ec2", `launch-template/${textOf(template, "LaunchTemplateId")}`);
      const subnets = textsOf(properties, "VPCZoneIdentifier");
      return [
        call("autoscaling:CreateAutoScalingGroup", { on: [groupOf(seen)], makes: [groupOf(seen)] }),
        call("autoscaling:DescribeAutoScalingGroups"),
        call("ec2:RunInstances", {
          on: [
            arn("ec2", "instance/*"),
            from,
            ...subnets.map((subnet) => arn("ec2", `subnet/${subnet}`)),
          ],
          context: { "ec2:LaunchTemplate": from },
        }),
      ];
    },
    remove: (seen) => [
      call("autoscaling:DeleteAutoScalingGroup", { on: [groupOf(seen)] }),
      call("autoscaling:DescribeAutoScalingGroups"),
    ],
  },
};

const HANDLERS: Readonly<Record<string, Handler>> = {
  ...OF_ECS,
  ...OF_NETWORK,
  ...OF_SCALING,
  ...OF_INSTANCES,
  "AWS::ElasticLoadBalancingV2::LoadBalancer": ofElb("LoadBalancer", { attributes: true }),
  "AWS::ElasticLoadBalancingV2::TargetGroup": ofElb("TargetGroup", { attributes: true }),
  "AWS::ElasticLoadBalancingV2::Listener": ofElb("Listener", { parent: "LoadBalancerArn" }),
  "AWS::ElasticLoadBalancingV2::ListenerRule": ofElb("Rule", { parent: "ListenerArn" }),
};

/** A type of resource whose handler asks the services, each time with the deployer's rights. */
export function withHandlerCalls(provider: ResourceProvider, tagged: Tagged): ResourceProvider {
  const handler = HANDLERS[provider.type];
  if (handler === undefined) {
    return provider;
  }
  return {
    ...provider,
    async create(properties, context) {
      if (handler.isNamed === true) {
        await ask(handler.create(seenBy("", properties, context)), properties, { context, tagged });
        return await provider.create(properties, context);
      }
      const made = await provider.create(properties, context);
      const seen = seenBy(made.physicalId, properties, context);
      await ask(handler.create(seen), properties, { context, tagged });
      return made;
    },
    async update(existing, properties, context) {
      const seen = seenBy(existing.physicalId, properties, context);
      await ask(handler.update?.(seen) ?? [], {}, { context, tagged });
      return await provider.update(existing, properties, context);
    },
    async delete(existing, context) {
      const seen = seenBy(existing.physicalId, existing.properties, context);
      await ask(handler.remove(seen), {}, { context, tagged });
      await provider.delete(existing, context);
    },
  };
}

function seenBy(id: string, properties: Members, context: ResourceContext): Seen {
  const { account, region } = context;
  return {
    id,
    properties,
    name: context.uniqueName(),
    arn: (service, resource) => `arn:aws:${service}:${region}:${account}:${resource}`,
  };
}

async function ask(
  calls: readonly HandlerCall[],
  properties: Members,
  { context, tagged }: { context: ResourceContext; tagged: Tagged },
): Promise<void> {
  for (const { service, action, on, makes = [], passes, context: keys } of calls) {
    const isMaking = makes.length > 0;
    await context.call(
      service,
      action,
      compact({
        ResourceArns: on,
        MadeArns: makes,
        Tags: isMaking ? tagListOf(properties) : undefined,
        PassedRoles: passes,
        Context: keys,
      }),
    );
    for (const arn of makes) {
      tagged.set(arn, tagsOf({ Tags: tagListOf(properties) }));
    }
  }
}

/** A launch template has its own tags beside those of what is made from it. */
function tagListOf(properties: Members): readonly unknown[] {
  const specifications = listOf(properties, "TagSpecifications").map(asMembers);
  return [...listOf(properties, "Tags"), ...specifications.flatMap((one) => listOf(one, "Tags"))];
}

/**
 * Resource types around a service that nobody asks afterwards: they come, change and go, and have names and attributes.
 *
 * @module
 */
import type { ResourceContext, ResourceProvider } from "../resources/resource-provider.ts";
import { nextId } from "./ecs-state.ts";

interface Plain {
  readonly replacedBy?: readonly string[];
  /** What `Ref` gives. @default a name as CloudFormation makes one */
  readonly id?: (context: ResourceContext) => string;
  /** What `Fn::GetAtt` gives, from that. */
  readonly attributes?: (id: string, context: ResourceContext) => Record<string, unknown>;
}

const arn = (service: string, resource: string) => (context: ResourceContext) =>
  `arn:aws:${service}:${context.region}:${context.account}:${resource}/${context.uniqueName(32)}/${nextId().slice(-16)}`;

const TYPES: Readonly<Record<string, Plain>> = {
  "AWS::ApplicationAutoScaling::ScalableTarget": { replacedBy: ["ResourceId"] },
  "AWS::ApplicationAutoScaling::ScalingPolicy": {
    replacedBy: ["PolicyName"],
    attributes: (id) => ({ Arn: id }),
  },
  "AWS::AutoScaling::AutoScalingGroup": { replacedBy: ["AutoScalingGroupName"] },
  "AWS::EC2::LaunchTemplate": {
    replacedBy: ["LaunchTemplateName"],
    id: () => `lt-${nextId().slice(-17)}`,
    attributes: (id) => ({ LatestVersionNumber: "1", LaunchTemplateId: id }),
  },
  "AWS::EC2::SecurityGroup": {
    replacedBy: ["GroupDescription", "VpcId", "GroupName"],
    id: () => `sg-${nextId().slice(-17)}`,
    attributes: (id) => ({ GroupId: id }),
  },
  "AWS::EC2::SecurityGroupEgress": { replacedBy: ["GroupId", "IpProtocol", "ToPort"] },
  "AWS::EC2::SecurityGroupIngress": { replacedBy: ["GroupId", "IpProtocol", "ToPort"] },
  "AWS::ECS::CapacityProvider": { replacedBy: ["Name", "ClusterName"] },
  "AWS::ECS::ClusterCapacityProviderAssociations": { replacedBy: ["Cluster"] },
  "AWS::ElasticLoadBalancingV2::Listener": {
    replacedBy: ["LoadBalancerArn"],
    id: arn("elasticloadbalancing", "listener/app"),
    attributes: (id) => ({ ListenerArn: id }),
  },
  "AWS::ElasticLoadBalancingV2::ListenerRule": {
    replacedBy: ["ListenerArn"],
    id: arn("elasticloadbalancing", "listener-rule/app"),
    attributes: (id) => ({ RuleArn: id }),
  },
  "AWS::ElasticLoadBalancingV2::LoadBalancer": {
    replacedBy: ["Name", "Scheme", "Type"],
    id: arn("elasticloadbalancing", "loadbalancer/app"),
    attributes: (id, { region }) => ({
      LoadBalancerArn: id,
      DNSName: `internal-bento-1.${region}.elb.amazonaws.com`,
      LoadBalancerFullName: id.slice(id.indexOf("app/")),
      CanonicalHostedZoneID: "Z32O12XQLNTSW2",
      SecurityGroups: [],
    }),
  },
  "AWS::ElasticLoadBalancingV2::TargetGroup": {
    replacedBy: ["Name", "Port", "Protocol", "TargetType", "VpcId"],
    id: arn("elasticloadbalancing", "targetgroup"),
    attributes: (id) => ({
      TargetGroupArn: id,
      TargetGroupName: id.split("/")[1],
      TargetGroupFullName: id.slice(id.indexOf("targetgroup/")),
      LoadBalancerArns: [],
    }),
  },
};

export const plainResources: readonly ResourceProvider[] = Object.entries(TYPES).map(
  ([type, { replacedBy = [], id, attributes }]) => ({
    type,
    replacedBy,
    async create(_properties, context) {
      const physicalId = id?.(context) ?? context.uniqueName();
      return { physicalId, attributes: attributes?.(physicalId, context) ?? {} };
    },
    update: async (existing) => existing,
    delete: async () => {},
  }),
);

/**
 * What CloudFormation may change for a plan: what is not here makes the plan stale before anything is done.
 *
 * @module
 */
import type { Plan } from "../../core/plan.ts";
import type { ExpectedChange } from "../aws/deploy-stack.ts";

/** What a new version changes, and nothing else. */
const VERSION_TYPES = ["AWS::ECS::TaskDefinition", "AWS::ECS::Service"] as const;

/** A task definition is never changed: CloudFormation makes another. */
const NEW_REVISION: ExpectedChange = {
  resourceType: "AWS::ECS::TaskDefinition",
  action: "Modify",
  isReplacement: true,
};

/** What CloudFormation may replace or remove: what the plan said. */
export function announcedChanges({ actions }: Plan): {
  readonly expected: readonly ExpectedChange[];
  readonly only?: readonly string[];
} {
  const kinds = actions.map(({ kind }) => kind);
  if (kinds.includes("replace")) {
    return { expected: REPLACING };
  }
  return kinds.includes("create") || kinds.includes("update")
    ? { expected: UPDATING }
    : { expected: [NEW_REVISION], only: VERSION_TYPES };
}

/** Come and go with options: scaling, alarms, and rights to secrets. */
const REMOVABLE: readonly ExpectedChange[] = [
  "AWS::ApplicationAutoScaling::ScalableTarget",
  "AWS::ApplicationAutoScaling::ScalingPolicy",
  "AWS::EC2::SecurityGroup",
  "AWS::EC2::SecurityGroupEgress",
  "AWS::EC2::SecurityGroupIngress",
  "AWS::ECS::Cluster",
  "AWS::IAM::Policy",
  "AWS::IAM::Role",
].map((resourceType) => ({ resourceType, action: "Remove" }));

/** Nobody notices when these are made anew: a rule of a security group, the bounds of scaling. */
const MADE_ANEW: readonly ExpectedChange[] = [
  "AWS::ApplicationAutoScaling::ScalableTarget",
  "AWS::ApplicationAutoScaling::ScalingPolicy",
  "AWS::EC2::SecurityGroupEgress",
  "AWS::EC2::SecurityGroupIngress",
].map((resourceType) => ({ resourceType, action: "Modify", isReplacement: true }));

/** All that an update may do that nobody notices. */
export const UPDATING: readonly ExpectedChange[] = [NEW_REVISION, ...REMOVABLE, ...MADE_ANEW];

/** What the service runs on, which is made anew with it. */
export const REPLACING: readonly ExpectedChange[] = [
  ...REMOVABLE,
  ...MADE_ANEW,
  ...[
    "AWS::AutoScaling::AutoScalingGroup",
    "AWS::EC2::LaunchTemplate",
    "AWS::ECS::CapacityProvider",
    "AWS::ECS::ClusterCapacityProviderAssociations",
    "AWS::IAM::InstanceProfile",
  ].map((resourceType): ExpectedChange => ({ resourceType, action: "Remove" })),
  ...[
    "AWS::EC2::SecurityGroup",
    "AWS::ECS::CapacityProvider",
    "AWS::ECS::Service",
    "AWS::ECS::TaskDefinition",
    "AWS::ElasticLoadBalancingV2::Listener",
    "AWS::ElasticLoadBalancingV2::ListenerRule",
    "AWS::ElasticLoadBalancingV2::LoadBalancer",
    "AWS::ElasticLoadBalancingV2::TargetGroup",
  ].map(
    (resourceType): ExpectedChange => ({ resourceType, action: "Modify", isReplacement: true }),
  ),
];

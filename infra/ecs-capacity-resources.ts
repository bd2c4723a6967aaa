/**
 * Makes the capacity provider of a {@link BentoGpuCapacity}. Written with the resources themselves, so that the template
 * is the same under every feature flag and no action of a role is a wildcard.
 *
 * @module
 */
import { Aws, Names, Stack } from "aws-cdk-lib";
import { AutoScalingGroup } from "aws-cdk-lib/aws-autoscaling";
import {
  BlockDeviceVolume,
  EbsDeviceVolumeType,
  type ISecurityGroup,
  type ISubnet,
  type IVpc,
  LaunchTemplate,
  SecurityGroup,
  UserData,
} from "aws-cdk-lib/aws-ec2";
import {
  CfnCapacityProvider,
  CfnClusterCapacityProviderAssociations,
  type ICluster,
} from "aws-cdk-lib/aws-ecs";
import {
  CfnInstanceProfile,
  ManagedPolicy,
  PolicyDocument,
  PolicyStatement,
  Role,
  ServicePrincipal,
} from "aws-cdk-lib/aws-iam";
import { Construct, type IDependable } from "constructs";
import type { BentoGpuCapacity, GpuCapacitySource } from "./ecs-capacity.ts";

type Source<Kind extends GpuCapacitySource["kind"]> = Extract<GpuCapacitySource, { kind: Kind }>;

export interface CapacityPlace {
  readonly cluster: ICluster;
  readonly vpc: IVpc;
  readonly subnets: readonly ISubnet[];
  readonly gpuCount: number;
  /** vCPUs of one task. */
  readonly cpu: number;
  readonly memoryMb: number;
}

export interface CapacityProvider {
  readonly name: string;
  /** To be there before a service uses it, where its name alone does not say so. */
  readonly dependencies: readonly IDependable[];
}

/**
 * @param scope - gets `Capacity`, with all that it is made of
 */
export function makeCapacity(
  scope: Construct,
  { source }: BentoGpuCapacity,
  place: CapacityPlace,
): CapacityProvider {
  if (source.kind === "existing") {
    return { name: source.capacityProviderName, dependencies: [] };
  }
  const capacity = new Construct(scope, "Capacity");
  return source.kind === "managed-instances"
    ? managedInstances(capacity, source, place)
    : autoScalingGroup(capacity, source, place);
}

function managedInstances(
  scope: Construct,
  source: Source<"managed-instances">,
  place: CapacityPlace,
): CapacityProvider {
  const instances = new Role(scope, "InstanceRole", {
    assumedBy: new ServicePrincipal("ec2.amazonaws.com"),
    managedPolicies: [
      ManagedPolicy.fromAwsManagedPolicyName("AmazonECSInstanceRolePolicyForManagedInstances"),
    ],
  });
  const infrastructure = infrastructureRole(scope, instances);
  const profile = new CfnInstanceProfile(scope, "InstanceProfile", { roles: [instances.roleName] });
  const provider = new CfnCapacityProvider(scope, "Provider", {
    ...providerName(scope),
    clusterName: place.cluster.clusterName,
    managedInstancesProvider: {
      infrastructureRoleArn: infrastructure.roleArn,
      propagateTags: "CAPACITY_PROVIDER",
      instanceLaunchTemplate: {
        ec2InstanceProfileArn: profile.attrArn,
        networkConfiguration: {
          subnets: place.subnets.map(({ subnetId }) => subnetId),
          securityGroups: [instanceGroup(scope, place.vpc).securityGroupId],
        },
        storageConfiguration: { storageSizeGiB: source.storage.toGibibytes() },
        instanceRequirements: instanceRequirements(source, place),
      },
    },
  });
  if (source.spot) {
    // Younger than the oldest library that is supported.
    const path = "ManagedInstancesProvider.InstanceLaunchTemplate.CapacityOptionType";
    provider.addPropertyOverride(path, "SPOT");
  }
  return { name: provider.ref, dependencies: [] };
}

function instanceRequirements(
  { allowedInstanceTypes }: Source<"managed-instances">,
  { cpu, memoryMb, gpuCount }: CapacityPlace,
): CfnCapacityProvider.InstanceRequirementsRequestProperty {
  return {
    vCpuCount: { min: Math.ceil(cpu) },
    memoryMiB: { min: memoryMb },
    acceleratorTypes: ["gpu"],
    acceleratorManufacturers: ["nvidia"],
    acceleratorCount: { min: gpuCount },
    allowedInstanceTypes: [...allowedInstanceTypes],
  };
}

/** AWS's own policy lets ECS pass only roles of one fixed name; ours has none that could collide. */
function infrastructureRole(scope: Construct, instances: Role): Role {
  const passRole = new PolicyStatement({
    actions: ["iam:PassRole"],
    resources: [instances.roleArn],
    conditions: { StringEquals: { "iam:PassedToService": `ec2.${Aws.URL_SUFFIX}` } },
  });
  return new Role(scope, "InfrastructureRole", {
    assumedBy: new ServicePrincipal("ecs.amazonaws.com"),
    managedPolicies: [
      ManagedPolicy.fromAwsManagedPolicyName(
        "AmazonECSInfrastructureRolePolicyForManagedInstances",
      ),
    ],
    inlinePolicies: { PassInstanceRole: new PolicyDocument({ statements: [passRole] }) },
  });
}

/** A name is given only where the stack's own may not begin one. */
function providerName(scope: Construct): { readonly name?: string } {
  const isTaken = /^(aws|ecs|fargate)/i.test(Stack.of(scope).stackName);
  return isTaken ? { name: `cp-${Names.uniqueResourceName(scope, { maxLength: 250 })}` } : {};
}

function instanceGroup(scope: Construct, vpc: IVpc): ISecurityGroup {
  return new SecurityGroup(scope, "InstanceGroup", {
    vpc,
    description: "Instances of a bento: nothing in, all out",
    allowAllOutbound: true,
  });
}

function autoScalingGroup(
  scope: Construct,
  source: Source<"auto-scaling-group">,
  { cluster, vpc, subnets }: CapacityPlace,
): CapacityProvider {
  const group = new AutoScalingGroup(scope, "Instances", {
    vpc,
    vpcSubnets: { subnets: [...subnets] },
    launchTemplate: launchTemplate(scope, source, { cluster, vpc }),
    minCapacity: source.minInstances,
    maxCapacity: source.maxInstances,
    newInstancesProtectedFromScaleIn: true,
  });
  const provider = new CfnCapacityProvider(scope, "Provider", {
    ...providerName(scope),
    autoScalingGroupProvider: {
      autoScalingGroupArn: group.autoScalingGroupName,
      managedScaling: { status: "ENABLED", targetCapacity: 100 },
      managedTerminationProtection: "ENABLED",
      managedDraining: "ENABLED",
    },
  });
  const association = new CfnClusterCapacityProviderAssociations(scope, "Association", {
    cluster: cluster.clusterName,
    capacityProviders: [provider.ref],
    defaultCapacityProviderStrategy: [],
  });
  return { name: provider.ref, dependencies: [association] };
}

function launchTemplate(
  scope: Construct,
  source: Source<"auto-scaling-group">,
  { cluster, vpc }: Pick<CapacityPlace, "cluster" | "vpc">,
): LaunchTemplate {
  const userData = UserData.forLinux();
  userData.addCommands(
    `echo ECS_CLUSTER=${cluster.clusterName} >> /etc/ecs/ecs.config`,
    "echo ECS_ENABLE_GPU_SUPPORT=true >> /etc/ecs/ecs.config",
    // A task has its own role and no business with that of its instance.
    "echo ECS_AWSVPC_BLOCK_IMDS=true >> /etc/ecs/ecs.config",
  );
  const role = new Role(scope, "InstanceRole", {
    assumedBy: new ServicePrincipal("ec2.amazonaws.com"),
    managedPolicies: [
      ManagedPolicy.fromAwsManagedPolicyName("service-role/AmazonEC2ContainerServiceforEC2Role"),
    ],
  });
  const disk = BlockDeviceVolume.ebs(source.storage.toGibibytes(), {
    encrypted: true,
    volumeType: EbsDeviceVolumeType.GP3,
  });
  return new LaunchTemplate(scope, "Template", {
    instanceType: source.instanceType,
    machineImage: source.machineImage,
    userData,
    role,
    securityGroup: instanceGroup(scope, vpc),
    requireImdsv2: true,
    httpPutResponseHopLimit: 1,
    blockDevices: [{ deviceName: "/dev/xvda", volume: disk }],
  });
}

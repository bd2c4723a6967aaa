/**
 * A bento on ECS with GPUs as a whole CDK app: a stack for its images, a stack for its service. The same templates come
 * from the emitted app; nothing is looked up, so that none is asked for.
 *
 * @module
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App, CfnOutput, Duration, type IStackSynthesizer, Size, Stack, Tags } from "aws-cdk-lib";
import { Certificate } from "aws-cdk-lib/aws-certificatemanager";
import { SecurityGroup, Vpc } from "aws-cdk-lib/aws-ec2";
import { Repository } from "aws-cdk-lib/aws-ecr";
import { Cluster } from "aws-cdk-lib/aws-ecs";
import { ManagedPolicy, Role } from "aws-cdk-lib/aws-iam";
import type { RetentionDays } from "aws-cdk-lib/aws-logs";
import { BentoEcsGpuService } from "./bento-ecs-gpu-service.ts";
import type { BentoEcsGpuServiceProps } from "./bento-ecs-gpu-service-props.ts";
import { BentoImage } from "./bento-image.ts";
import { BentoRegistry } from "./bento-registry.ts";
import { capacityOf, rolloutOf, secretsOf } from "./ecs-app-parts.ts";
import { ECS_CONSTRUCTS, type EcsAppSpec } from "./ecs-spec.ts";
import { given } from "./given.ts";
import { NoAssetSynthesizer } from "./no-asset-synthesizer.ts";

export interface EcsTemplates {
  readonly registry: object;
  readonly service: object;
}

export interface EcsAppOptions {
  /** Whether the service's template says what it was made from, for deploys to come. @default true */
  readonly isOurs?: boolean;
}

/** @returns both CloudFormation templates; nothing is left on disk */
export async function synthesizeEcsApp(
  spec: EcsAppSpec,
  options: EcsAppOptions = {},
): Promise<EcsTemplates> {
  const outdir = await mkdtemp(join(tmpdir(), "bento-cdk-"));
  try {
    const assembly = writeEcsApp(spec, outdir, options);
    return {
      registry: assembly.getStackByName(spec.registryStack).template,
      service: assembly.getStackByName(spec.serviceStack).template,
    };
  } finally {
    await rm(outdir, { recursive: true, force: true });
  }
}

/**
 * Synthesises the app into a folder.
 *
 * @param outdir - absolute
 */
export function writeEcsApp(
  spec: EcsAppSpec,
  outdir: string,
  { isOurs = true }: EcsAppOptions = {},
): ReturnType<App["synth"]> {
  const app = new App({ outdir, analyticsReporting: false });
  const registry = newStack(app, spec.registryStack, spec);
  new BentoRegistry(registry, "Images", { repositoryName: spec.repository });
  const service = addServiceStack(app, spec);
  if (isOurs) {
    service.addMetadata("bentokit", { spec, constructs: ECS_CONSTRUCTS });
  }
  return app.synth();
}

function addServiceStack(app: App, spec: EcsAppSpec): Stack {
  const stack = newStack(app, spec.serviceStack, spec);
  const repository = Repository.fromRepositoryName(stack, "Images", spec.repository);
  const service = new BentoEcsGpuService(stack, "Bento", {
    image: BentoImage.fromEcr({ repository, digest: spec.imageDigest }),
    ...networkOf(stack, spec),
    ...rolesOf(stack, spec),
    capacity: capacityOf(spec),
    rollout: rolloutOf(spec),
    serviceName: spec.serviceName,
    gpuCount: spec.gpus,
    cpu: spec.cpu,
    memory: Size.mebibytes(spec.memoryMb),
    environment: spec.environment,
    secrets: secretsOf(stack, spec),
    requestTimeout: Duration.seconds(spec.timeoutSeconds),
    startTimeout: Duration.minutes(spec.startTimeoutMinutes),
    minTasks: spec.minTasks,
    maxTasks: spec.maxTasks,
    ...given({ requestsPerTask: spec.requestsPerTask, maxGpus: spec.maxGpus }),
    // The enum's members are numbers of days; the adapter takes no others.
    logRetention: spec.logRetentionDays as RetentionDays,
  });
  // On the version alone: another tag elsewhere would change with each of them.
  Tags.of(service.taskDefinition).add("bento:version", spec.tag);
  new CfnOutput(stack, "Url", { value: service.url });
  new CfnOutput(stack, "LogGroupName", { value: service.logGroup.logGroupName });
  return stack;
}

type Network = Pick<
  BentoEcsGpuServiceProps,
  "vpc" | "cluster" | "securityGroups" | "internetFacing" | "certificate"
>;

function networkOf(stack: Stack, spec: EcsAppSpec): Network {
  const vpc = Vpc.fromVpcAttributes(stack, "Network", {
    vpcId: spec.vpcId,
    availabilityZones: [...spec.availabilityZones],
    privateSubnetIds: [...spec.subnets],
    ...(spec.publicSubnets.length === 0 ? {} : { publicSubnetIds: [...spec.publicSubnets] }),
  });
  return {
    vpc,
    internetFacing: spec.isPublic,
    ...(spec.cluster === undefined
      ? {}
      : {
          cluster: Cluster.fromClusterAttributes(stack, "Cluster", {
            clusterName: spec.cluster,
            vpc,
          }),
        }),
    ...(spec.securityGroups.length === 0
      ? {}
      : {
          securityGroups: spec.securityGroups.map((id, index) =>
            SecurityGroup.fromSecurityGroupId(stack, `TaskGroup${index}`, id),
          ),
        }),
    ...(spec.certificate === undefined
      ? {}
      : { certificate: Certificate.fromCertificateArn(stack, "Certificate", spec.certificate) }),
  };
}

type Roles = Pick<BentoEcsGpuServiceProps, "taskRole" | "executionRole" | "permissionsBoundary">;

/** What others made stays as they made it. */
function rolesOf(stack: Stack, spec: EcsAppSpec): Roles {
  const { taskRole, executionRole, permissionsBoundary } = spec;
  const imported = (id: string, arn: string) =>
    Role.fromRoleArn(stack, id, arn, { mutable: false });
  return {
    ...(taskRole === undefined ? {} : { taskRole: imported("TaskRole", taskRole) }),
    ...(executionRole === undefined
      ? {}
      : { executionRole: imported("ExecutionRole", executionRole) }),
    ...(permissionsBoundary === undefined
      ? {}
      : {
          permissionsBoundary: ManagedPolicy.fromManagedPolicyArn(
            stack,
            "Boundary",
            permissionsBoundary,
          ),
        }),
  };
}

function newStack(app: App, stackName: string, spec: EcsAppSpec): Stack {
  const { account, region, bentoName } = spec;
  const stack = new Stack(app, stackName, {
    stackName,
    // Its base class writes `string | undefined` where the interface has an optional member.
    synthesizer: new NoAssetSynthesizer() as IStackSynthesizer,
    env: given({ account, region }),
  });
  Tags.of(stack).add("bento:name", bentoName);
  return stack;
}

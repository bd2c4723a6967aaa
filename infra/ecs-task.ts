/**
 * The task of a bento: one container of its image as it is, root not writable, with the GPUs to itself. What ECS needs to
 * start it stands in one policy, so that the roles of others are left as they are.
 *
 * @module
 */
import type { Duration } from "aws-cdk-lib";
import {
  Capability,
  Compatibility,
  type ContainerDefinition,
  CpuArchitecture,
  LinuxParameters,
  LogDrivers,
  NetworkMode,
  OperatingSystemFamily,
  Protocol,
  type Secret,
  TaskDefinition,
} from "aws-cdk-lib/aws-ecs";
import { type IRole, Policy, PolicyDocument, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { ILogGroup } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import type { BentoImage } from "./bento-image.ts";

/** Where every bento's image listens. */
export const BENTO_PORT = 3000;

export interface TaskParts {
  readonly image: BentoImage;
  readonly isManaged: boolean;
  /** vCPUs. */
  readonly cpu: number;
  readonly memoryMb: number;
  /** Of `/tmp`, out of its memory. */
  readonly temporaryMb: number;
  readonly gpuCount: number;
  /** How long the server may answer what it has taken, of the time until ECS kills it. */
  readonly drain: Duration;
  readonly stopTimeout: Duration;
  readonly environment: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, Secret>>;
  readonly logGroup: ILogGroup;
  readonly taskRole: IRole | undefined;
  readonly executionRole: IRole | undefined;
}

export interface Task {
  readonly definition: TaskDefinition;
  readonly container: ContainerDefinition;
  readonly taskRole: IRole;
  readonly executionRole: IRole;
  /** By which ECS starts the task; to be there before a service is. */
  readonly startPolicy: Policy;
}

/**
 * @param scope - gets `TaskRole`, `ExecutionRole`, `StartPolicy` and `Task`
 */
export function makeTask(scope: Construct, parts: TaskParts): Task {
  const taskRole = parts.taskRole ?? tasksRole(scope, "TaskRole");
  const executionRole = parts.executionRole ?? tasksRole(scope, "ExecutionRole");
  const definition = new TaskDefinition(scope, "Task", {
    compatibility: parts.isManaged ? Compatibility.MANAGED_INSTANCES : Compatibility.EC2,
    networkMode: NetworkMode.AWS_VPC,
    cpu: String(Math.round(parts.cpu * 1024)),
    memoryMiB: String(parts.memoryMb),
    taskRole,
    // The library would write policies of its own to it.
    executionRole: Role.fromRoleArn(scope, "StartRole", executionRole.roleArn, { mutable: false }),
    // The library takes it for managed instances only; on others the instance decides.
    ...(parts.isManaged ? { runtimePlatform: platformOf(parts.image) } : {}),
  });
  const container = addContainer(scope, definition, parts);
  return {
    definition,
    container,
    taskRole,
    executionRole,
    startPolicy: startPolicy(scope, executionRole, parts),
  };
}

function addContainer(
  scope: Construct,
  definition: TaskDefinition,
  parts: TaskParts,
): ContainerDefinition {
  const linuxParameters = new LinuxParameters(scope, "Linux");
  linuxParameters.dropCapabilities(Capability.ALL);
  // A volume would be root's, and the image runs as nobody; anybody may write to this.
  linuxParameters.addTmpfs({ containerPath: "/tmp", size: parts.temporaryMb });
  return definition.addContainer("bento", {
    containerName: "bento",
    image: parts.image.containerImage(),
    essential: true,
    gpuCount: parts.gpuCount,
    memoryLimitMiB: parts.memoryMb,
    readonlyRootFilesystem: true,
    linuxParameters,
    stopTimeout: parts.stopTimeout,
    portMappings: [{ containerPort: BENTO_PORT, protocol: Protocol.TCP }],
    environment: {
      PORT: String(BENTO_PORT),
      NVIDIA_DRIVER_CAPABILITIES: "compute,utility",
      BENTO_DRAIN_SECONDS: String(parts.drain.toSeconds()),
      BENTO_METRICS: "emf",
      ...parts.environment,
    },
    secrets: { ...parts.secrets },
    logging: LogDrivers.awsLogs({ logGroup: parts.logGroup, streamPrefix: "bento" }),
  });
}

function tasksRole(scope: Construct, id: string): Role {
  return new Role(scope, id, { assumedBy: new ServicePrincipal("ecs-tasks.amazonaws.com") });
}

/** Pull from this repository, write to this log group, read these secrets. */
function startPolicy(scope: Construct, role: IRole, parts: TaskParts): Policy {
  const policy = new Policy(scope, "StartPolicy", {
    document: new PolicyDocument({ minimize: true }), // said here, or a feature flag decides
  });
  parts.image.repository.grantPull(policy);
  parts.logGroup.grantWrite(policy);
  for (const secret of Object.values(parts.secrets)) {
    secret.grantRead(policy);
  }
  role.attachInlinePolicy(policy); // does nothing to one that is not ours to change
  return policy;
}

function platformOf({ platform }: BentoImage) {
  return {
    operatingSystemFamily: OperatingSystemFamily.LINUX,
    cpuArchitecture: platform === "linux/arm64" ? CpuArchitecture.ARM64 : CpuArchitecture.X86_64,
  };
}

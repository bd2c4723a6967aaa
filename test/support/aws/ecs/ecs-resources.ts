/**
 * The resource types of ECS: what CloudFormation makes of them, and how long it waits for a service.
 *
 * @module
 */
import { AwsFailure, type Members } from "../aws-call.ts";
import { asMembers, listOf, membersOf, needText, numberOf, textOf } from "../members.ts";
import type {
  MadeResource,
  ResourceContext,
  ResourceProvider,
} from "../resources/resource-provider.ts";
import {
  type EcsState,
  ecsArn,
  type ServiceState,
  seconds,
  type TaskBehaviour,
  type TaskDefinitionState,
  type TaskState,
} from "./ecs-state.ts";
import { runDeployment, stopTasks } from "./run-deployment.ts";

export interface EcsResourcesOptions {
  readonly state: EcsState;
  /** How tasks behave, by the image that they run. */
  readonly behaviour: (image: string) => TaskBehaviour;
}

export function ecsResources(options: EcsResourcesOptions): readonly ResourceProvider[] {
  return [cluster(options), taskDefinition(options), service(options)];
}

function cluster({ state }: EcsResourcesOptions): ResourceProvider {
  return {
    type: "AWS::ECS::Cluster",
    replacedBy: ["ClusterName"],
    isTagged: true,
    async create(properties, context) {
      const name = textOf(properties, "ClusterName") ?? context.uniqueName();
      const arn = ecsArn(state, `cluster/${name}`);
      state.clusters.set(name, arn);
      return { physicalId: name, attributes: { Arn: arn } };
    },
    update: async (existing) => existing,
    async delete({ physicalId }) {
      state.clusters.delete(physicalId);
    },
  };
}

/** Every change of it makes another revision. */
function taskDefinition({ state }: EcsResourcesOptions): ResourceProvider {
  return {
    type: "AWS::ECS::TaskDefinition",
    replacedBy: [
      "ContainerDefinitions",
      "Cpu",
      "ExecutionRoleArn",
      "Family",
      "Memory",
      "RequiresCompatibilities",
      "TaskRoleArn",
    ],
    isTagged: true,
    async create(properties, context) {
      const family = textOf(properties, "Family") ?? context.uniqueName();
      const earlier = [...state.definitions.values()].filter((one) => one.family === family);
      const revision = earlier.length + 1;
      const arn = ecsArn(state, `task-definition/${family}:${revision}`);
      const made: TaskDefinitionState = {
        arn,
        family,
        revision,
        containers: listOf(properties, "ContainerDefinitions").map(asMembers),
        tags: listOf(properties, "Tags")
          .map(asMembers)
          .map(({ Key, Value }) => ({ key: Key, value: Value })),
        registeredAt: seconds(),
        status: "ACTIVE",
      };
      state.definitions.set(arn, made);
      return { physicalId: arn, attributes: { TaskDefinitionArn: arn } };
    },
    update: async (existing) => existing,
    async delete({ physicalId }) {
      const definition = state.definitions.get(physicalId);
      if (definition !== undefined) {
        definition.status = "INACTIVE";
      }
    },
  };
}

function service(options: EcsResourcesOptions): ResourceProvider {
  const { state } = options;
  return {
    type: "AWS::ECS::Service",
    replacedBy: ["ServiceName", "Cluster", "LaunchType", "LoadBalancers.TargetGroupArn"],
    isTagged: true,
    async create(properties, context) {
      const name = textOf(properties, "ServiceName") ?? context.uniqueName();
      const inCluster = needText(properties, "Cluster");
      const arn = ecsArn(state, `service/${inCluster}/${name}`);
      const made: ServiceState = {
        arn,
        name,
        cluster: inCluster,
        taskDefinition: needText(properties, "TaskDefinition"),
        desiredCount: numberOf(properties, "DesiredCount") ?? 1,
        configuration: membersOf(properties, "DeploymentConfiguration"),
        tasks: [],
        deployments: [],
        status: "ACTIVE",
      };
      state.services.set(arn, made);
      try {
        await steady(options, made, { properties, context });
      } catch (error) {
        made.status = "INACTIVE"; // CloudFormation deletes what it could not make
        throw error;
      }
      return madeOf(made);
    },
    async update(existing, properties, context) {
      const standing = state.services.get(existing.physicalId);
      if (standing === undefined) {
        throw new AwsFailure("ServiceNotFoundException", "Service not found.");
      }
      standing.configuration = membersOf(properties, "DeploymentConfiguration");
      standing.desiredCount = numberOf(properties, "DesiredCount") ?? standing.desiredCount;
      if (standing.taskDefinition !== textOf(properties, "TaskDefinition")) {
        await steady(options, standing, { properties, context });
      }
      return madeOf(standing);
    },
    async delete({ physicalId }) {
      const standing = state.services.get(physicalId);
      if (standing !== undefined) {
        stopTasks(standing, () => true);
        standing.status = "INACTIVE";
      }
    },
  };
}

function madeOf({ arn, name }: ServiceState): MadeResource {
  return { physicalId: arn, attributes: { ServiceArn: arn, Name: name } };
}

/** CloudFormation waits until a service is steady, or hears that it will not be. */
async function steady(
  { state, behaviour }: EcsResourcesOptions,
  made: ServiceState,
  { properties, context }: { properties: Members; context: ResourceContext },
): Promise<void> {
  const wanted = needText(properties, "TaskDefinition");
  const [container = {}] = state.definitions.get(wanted)?.containers ?? [];
  const log = async (task: TaskState, line: string) =>
    await writeLine(container, { task, line, context });
  state.log = log;
  const run = runDeployment({
    state,
    service: made,
    taskDefinition: wanted,
    behaviour: behaviour(textOf(container, "Image") ?? ""),
    log,
  });
  const failure = await context.waiting(run);
  if (failure !== undefined) {
    throw new AwsFailure(
      "GeneralServiceException",
      `Resource handler returned message: "Error occurred during operation '${failure}'." (HandlerErrorCode: GeneralServiceException)`,
    );
  }
}

async function writeLine(
  container: Members,
  { task, line, context }: { task: TaskState; line: string; context: ResourceContext },
): Promise<void> {
  const options = membersOf(membersOf(container, "LogConfiguration"), "Options");
  const logGroupName = needText(options, "awslogs-group");
  const logStreamName = `bento/bento/${task.arn.slice(task.arn.lastIndexOf("/") + 1)}`;
  await context.call("logs", "CreateLogStream", { logGroupName, logStreamName }).catch(() => {});
  await context.call("logs", "PutLogEvents", {
    logGroupName,
    logStreamName,
    logEvents: [{ timestamp: Date.now(), message: line }],
  });
}

/**
 * Amazon ECS: what its API answers about what CloudFormation made, and the words that a deployment hears.
 *
 * @module
 */

import { gunzipSync } from "node:zlib";
import { AwsFailure, type AwsService, type Members } from "../aws-call.ts";
import { asMembers, listOf, membersOf, needText, textOf, textsOf } from "../members.ts";
import {
  definitionMembers,
  deploymentMembers,
  serviceMembers,
  taskMembers,
} from "./ecs-members.ts";
import { ecsRequirements } from "./ecs-requirements.ts";
import {
  type AnswerTask,
  type Asked,
  type EcsState,
  ecsArn,
  nextId,
  type ServiceState,
  seconds,
  type TaskState,
  type Word,
} from "./ecs-state.ts";
import type { Tagged } from "./handler-requirements.ts";

type Action = (parameters: Members, state: EcsState) => Members;

const ACTIONS: Readonly<Record<string, Action>> = {
  DescribeClusters: (parameters, { clusters }) => ({
    clusters: textsOf(parameters, "clusters")
      .filter((name) => clusters.has(name))
      .map((clusterName) => ({ clusterName, clusterArn: clusters.get(clusterName) })),
    failures: [],
  }),
  DescribeServices(parameters, state) {
    const found = textsOf(parameters, "services").flatMap((name) => {
      const service = serviceIn(state, parameters, name);
      return service === undefined ? [] : [serviceMembers(service)];
    });
    return { services: found, failures: [] };
  },
  UpdateService(parameters, state) {
    const service = needService(state, parameters);
    service.taskDefinition = textOf(parameters, "taskDefinition") ?? service.taskDefinition;
    for (const task of service.tasks.filter(({ lastStatus }) => lastStatus === "RUNNING")) {
      Object.assign(task, { taskDefinition: service.taskDefinition });
    }
    return { service: serviceMembers(service) };
  },
  ListTasks(parameters, state) {
    const service = needService(state, parameters, "serviceName");
    const isStopped = textOf(parameters, "desiredStatus") === "STOPPED";
    const tasks = service.tasks.filter(
      ({ lastStatus }) => (lastStatus === "STOPPED") === isStopped,
    );
    return { taskArns: tasks.slice(-100).map(({ arn }) => arn) };
  },
  DescribeTasks(parameters, { services, tasks: oneOff }) {
    const wanted = textsOf(parameters, "tasks");
    const all = [...oneOff, ...[...services.values()].flatMap(({ tasks }) => tasks)];
    return { tasks: all.filter(({ arn }) => wanted.includes(arn)).map(taskMembers), failures: [] };
  },
  DescribeTaskDefinition(parameters, { definitions }) {
    const arn = needText(parameters, "taskDefinition");
    const definition = definitions.get(arn);
    if (definition === undefined) {
      throw new AwsFailure("ClientException", "Unable to describe task definition.");
    }
    return { taskDefinition: definitionMembers(definition), tags: definition.tags };
  },
  ListTaskDefinitions(parameters, { definitions }) {
    const family = textOf(parameters, "familyPrefix");
    const status = textOf(parameters, "status") ?? "ACTIVE";
    const found = [...definitions.values()].filter(
      (one) => one.status === status && (family === undefined || one.family === family),
    );
    return { taskDefinitionArns: found.reverse().map(({ arn }) => arn) };
  },
  DeregisterTaskDefinition(parameters, { definitions }) {
    const definition = definitions.get(needText(parameters, "taskDefinition"));
    if (definition === undefined) {
      throw new AwsFailure("ClientException", "The specified task definition does not exist.");
    }
    definition.status = "INACTIVE";
    return { taskDefinition: definitionMembers(definition) };
  },
  ListServiceDeployments(parameters, state) {
    const { deployments, arn } = needService(state, parameters);
    const wanted = textsOf(parameters, "status");
    const found = deployments.filter(
      ({ status }) => wanted.length === 0 || wanted.includes(status),
    );
    return {
      serviceDeployments: found.reverse().map((one) => ({
        serviceDeploymentArn: one.arn,
        serviceArn: arn,
        targetServiceRevisionArn: `${one.arn}/target`,
        status: one.status,
        createdAt: one.createdAt,
      })),
    };
  },
  DescribeServiceDeployments(parameters, { services }) {
    const wanted = textsOf(parameters, "serviceDeploymentArns");
    const found = [...services.values()].flatMap((service) =>
      service.deployments
        .filter(({ arn }) => wanted.includes(arn))
        .map((one) => deploymentMembers(one, service)),
    );
    return { serviceDeployments: found, failures: [] };
  },
  DescribeServiceRevisions(parameters, { services }) {
    const wanted = textsOf(parameters, "serviceRevisionArns");
    const found = [...services.values()]
      .flatMap(({ deployments }) => deployments)
      .filter(({ arn }) => wanted.includes(`${arn}/target`))
      .map(({ arn, taskDefinition }) => ({ serviceRevisionArn: `${arn}/target`, taskDefinition }));
    return { serviceRevisions: found, failures: [] };
  },
  StopServiceDeployment: (parameters, state) => say(parameters, state, "ROLLBACK"),
  ContinueServiceDeployment(parameters, state) {
    const deployment = needDeployment(parameters, state);
    if (deployment.hook?.id !== needText(parameters, "hookId")) {
      throw new AwsFailure("InvalidParameterException", "The hook is not awaiting an action.");
    }
    return say(
      parameters,
      state,
      textOf(parameters, "action") === "ROLLBACK" ? "ROLLBACK" : "CONTINUE",
    );
  },
};

/** Runs a task that is given questions, to its end. */
async function runTask(parameters: Members, state: EcsState, answer: AnswerTask): Promise<Members> {
  const overrides = listOf(membersOf(parameters, "overrides"), "containerOverrides");
  const [variable = {}] = listOf(asMembers(overrides[0]), "environment").map(asMembers);
  const packed = Buffer.from(textOf(variable, "value") ?? "", "base64");
  const questions: Asked[] = JSON.parse(gunzipSync(packed).toString());
  const cluster = needText(parameters, "cluster");
  const taskDefinition = needText(parameters, "taskDefinition");
  const arn = ecsArn(state, `task/${cluster}/${nextId()}`);
  const task: TaskState = { arn, taskDefinition, lastStatus: "STOPPED", exitCode: 0 };
  state.tasks.push(task);
  const image = textOf(state.definitions.get(taskDefinition)?.containers[0] ?? {}, "Image");
  for (const [index, asked] of questions.entries()) {
    const line = JSON.stringify({ bentoAnswer: index, serves: null, ...answer(asked) });
    await state.log?.(task, line);
  }
  return { tasks: [{ ...taskMembers(task), image }], failures: [] };
}

export interface EcsServiceOptions {
  readonly answer: AnswerTask;
  /** Tags of what CloudFormation made. */
  readonly tagged: Tagged;
}

export function ecsService(state: EcsState, { answer, tagged }: EcsServiceOptions): AwsService {
  return {
    name: "ecs",
    requirements: ecsRequirements(tagged),
    async handle({ action, parameters, calledVia }) {
      if (calledVia === "cloudformation.amazonaws.com") {
        return { members: {} }; // its types of resources do it themselves
      }
      if (action === "RunTask") {
        return { members: await runTask(parameters, state, answer) };
      }
      const perform = ACTIONS[action];
      if (perform === undefined) {
        throw new AwsFailure("UnsupportedOperation", `ECS on loopback knows no ${action}`, 501);
      }
      return { members: perform(parameters, state) };
    },
  };
}

function say(parameters: Members, state: EcsState, word: Word): Members {
  const deployment = needDeployment(parameters, state);
  if (deployment.status !== "IN_PROGRESS") {
    throw new AwsFailure(
      "ConflictException",
      `The service deployment is ${deployment.status} at ${seconds()}`,
    );
  }
  if (deployment.hook !== undefined) {
    deployment.hook.status = "IN_PROGRESS";
  }
  deployment.words.said.resolve(word);
  return { serviceDeploymentArn: deployment.arn };
}

function needDeployment(parameters: Members, { services }: EcsState) {
  const arn = needText(parameters, "serviceDeploymentArn");
  const found = [...services.values()]
    .flatMap(({ deployments }) => deployments)
    .find((one) => one.arn === arn);
  if (found === undefined) {
    throw new AwsFailure("ServiceDeploymentNotFoundException", `no ${arn}`);
  }
  return found;
}

function serviceIn(
  { services }: EcsState,
  parameters: Members,
  nameOrArn: string,
): ServiceState | undefined {
  const cluster = textOf(parameters, "cluster");
  return [...services.values()].find(
    (one) =>
      one.status === "ACTIVE" &&
      (cluster === undefined || one.cluster === cluster) &&
      [one.name, one.arn].includes(nameOrArn),
  );
}

function needService(state: EcsState, parameters: Members, member = "service"): ServiceState {
  const found = serviceIn(state, parameters, needText(parameters, member));
  if (found === undefined) {
    throw new AwsFailure("ServiceNotFoundException", "Service not found.");
  }
  return found;
}

/**
 * One deployment of a service: its tasks come up, or not; it waits at its pause hooks; then the old tasks go. What fails
 * is taken back, as the circuit breaker does.
 *
 * @module
 */
import { setTimeout as sleep } from "node:timers/promises";
import { asMembers, listOf, membersOf, numberOf, textOf, textsOf } from "../members.ts";
import {
  type DeploymentState,
  type EcsState,
  ecsArn,
  nextId,
  type ServiceState,
  seconds,
  type TaskBehaviour,
  type TaskState,
  type Word,
} from "./ecs-state.ts";

/** ECS gives up a small service after so many. */
const MOST_EXITS = 30;
const EXIT_PAUSE_MS = 600;

export interface RunDeployment {
  readonly state: EcsState;
  readonly service: ServiceState;
  /** Of the new version. */
  readonly taskDefinition: string;
  readonly behaviour: TaskBehaviour;
  /** Writes a line to the log of a task. */
  readonly log: (task: TaskState, line: string) => Promise<void>;
}

/** @returns why it failed; undefined when it stands */
export async function runDeployment(run: RunDeployment): Promise<string | undefined> {
  const { service, taskDefinition } = run;
  const deployment = newDeployment(run);
  const before = deployment.isFirst ? undefined : service.taskDefinition;
  service.deployments.push(deployment);
  service.taskDefinition = taskDefinition;
  const failure = await comesUp(run, deployment);
  if (failure === undefined) {
    Object.assign(deployment, { status: "SUCCESSFUL", stage: "CLEAN_UP", weight: 100 });
    stopTasks(service, (task) => task.taskDefinition !== taskDefinition);
    return undefined;
  }
  const status = before === undefined ? "STOPPED" : "ROLLBACK_SUCCESSFUL";
  Object.assign(deployment, { status, statusReason: failure, weight: 0 });
  service.taskDefinition = before ?? taskDefinition;
  stopTasks(service, (task) => task.taskDefinition === taskDefinition && before !== undefined);
  return failure;
}

function newDeployment({ state, service, taskDefinition }: RunDeployment): DeploymentState {
  const { cluster, name, deployments } = service;
  return {
    arn: ecsArn(state, `service-deployment/${cluster}/${name}/${nextId()}`),
    createdAt: seconds() + deployments.length,
    isFirst: deployments.every(({ status }) => status !== "SUCCESSFUL"),
    taskDefinition,
    status: "IN_PROGRESS",
    stage: "SCALE_UP",
    weight: 0,
    words: { said: Promise.withResolvers() },
  };
}

async function comesUp(
  run: RunDeployment,
  deployment: DeploymentState,
): Promise<string | undefined> {
  const { service, behaviour } = run;
  if (behaviour === "no-capacity") {
    addTask(run, "PROVISIONING");
    await deployment.words.said.promise;
    return "Service deployment was stopped by a user request.";
  }
  if (behaviour !== "good") {
    return await exits(run, deployment, behaviour);
  }
  for (let count = 0; count < service.desiredCount; count++) {
    addTask(run, "RUNNING");
  }
  for (const step of deployment.isFirst ? [] : stepsOf(service)) {
    deployment.weight = step.weight;
    if ((await heard(deployment, step.stage)) === "ROLLBACK") {
      return "Service deployment was rolled back by a user request.";
    }
  }
  return undefined;
}

/** The stages at which it waits, in their order; before each step of traffic more than once. */
function stepsOf({ configuration }: ServiceState): { stage: string; weight: number }[] {
  const stages = listOf(configuration, "LifecycleHooks")
    .map(asMembers)
    .filter((hook) => textOf(hook, "TargetType") === "PAUSE")
    .flatMap((hook) => textsOf(hook, "LifecycleStages"));
  const percent = numberOf(membersOf(configuration, "CanaryConfiguration"), "CanaryPercent");
  const all = [
    { stage: "PRE_SCALE_UP", weight: 0 },
    { stage: "POST_SCALE_UP", weight: 0 },
    { stage: "PRE_PRODUCTION_TRAFFIC_SHIFT", weight: 0 },
    ...(percent === undefined ? [] : [{ stage: "PRE_PRODUCTION_TRAFFIC_SHIFT", weight: percent }]),
    { stage: "POST_PRODUCTION_TRAFFIC_SHIFT", weight: 100 },
  ];
  return all.filter(({ stage }) => stages.includes(stage));
}

async function heard(deployment: DeploymentState, stage: string): Promise<Word> {
  deployment.words.said = Promise.withResolvers();
  Object.assign(deployment, {
    stage,
    hook: { id: `ecs-pause-${nextId()}`, stage, status: "AWAITING_ACTION" },
  });
  const word = await deployment.words.said.promise;
  if (deployment.hook !== undefined) {
    deployment.hook.status = "SUCCEEDED";
  }
  return word;
}

async function exits(
  run: RunDeployment,
  deployment: DeploymentState,
  { exitCode, log }: Exclude<TaskBehaviour, string>,
): Promise<string> {
  let isStopped = false;
  void deployment.words.said.promise.then(() => {
    isStopped = true;
  });
  for (let count = 0; count < MOST_EXITS && !isStopped; count++) {
    const task = addTask(run, "RUNNING");
    for (const line of log) {
      await run.log(task, line);
    }
    Object.assign(task, {
      lastStatus: "STOPPED",
      stopCode: "EssentialContainerExited",
      stoppedReason: "Essential container in task exited",
      exitCode,
    });
    await sleep(EXIT_PAUSE_MS);
  }
  return isStopped
    ? "Service deployment was stopped by a user request."
    : "ECS Deployment Circuit Breaker was triggered";
}

function addTask(
  { state, service, taskDefinition }: RunDeployment,
  lastStatus: TaskState["lastStatus"],
): TaskState {
  const arn = ecsArn(state, `task/${service.cluster}/${nextId()}`);
  const task: TaskState = { arn, taskDefinition, lastStatus };
  service.tasks.push(task);
  return task;
}

/** To make room: no fault of theirs. */
export function stopTasks({ tasks }: ServiceState, which: (task: TaskState) => boolean): void {
  for (const task of tasks.filter((one) => one.lastStatus !== "STOPPED" && which(one))) {
    Object.assign(task, {
      lastStatus: "STOPPED",
      stopCode: "ServiceSchedulerInitiated",
      stoppedReason: "Scaling activity initiated by (deployment)",
    });
  }
}

/**
 * What ECS keeps, as its API writes it.
 *
 * @module
 */
import type { Members } from "../aws-call.ts";
import { compact } from "../members.ts";
import type { DeploymentState, ServiceState, TaskDefinitionState, TaskState } from "./ecs-state.ts";

export function serviceMembers(service: ServiceState): Members {
  const { arn, name, cluster, taskDefinition, desiredCount, tasks, status } = service;
  const running = tasks.filter(({ lastStatus }) => lastStatus === "RUNNING");
  return {
    serviceArn: arn,
    serviceName: name,
    clusterArn: arn.replace(/:service\/.*$/, `:cluster/${cluster}`),
    status,
    desiredCount,
    runningCount: running.length,
    pendingCount: tasks.filter(({ lastStatus }) => lastStatus === "PROVISIONING").length,
    taskDefinition,
  };
}

export function taskMembers({ arn, taskDefinition, exitCode, ...task }: TaskState): Members {
  return compact({
    taskArn: arn,
    taskDefinitionArn: taskDefinition,
    lastStatus: task.lastStatus,
    stopCode: task.stopCode,
    stoppedReason: task.stoppedReason,
    containers: [compact({ name: "bento", lastStatus: task.lastStatus, exitCode })],
  });
}

export function definitionMembers(definition: TaskDefinitionState): Members {
  const { arn, family, revision, status, containers, registeredAt } = definition;
  return {
    taskDefinitionArn: arn,
    family,
    revision,
    status,
    registeredAt,
    containerDefinitions: containers.map(({ Name, Image }) => ({ name: Name, image: Image })),
  };
}

export function deploymentMembers(
  { arn, status, statusReason, stage, weight, hook, createdAt }: DeploymentState,
  service: ServiceState,
): Members {
  return compact({
    serviceDeploymentArn: arn,
    serviceArn: service.arn,
    status,
    statusReason,
    createdAt,
    lifecycleStage: stage,
    targetServiceRevision: { arn: `${arn}/target`, requestedProductionTrafficWeight: weight },
    lifecycleHookDetails:
      hook === undefined
        ? []
        : [
            {
              hookId: hook.id,
              targetType: "PAUSE",
              status: hook.status,
              timeoutAction: "ROLLBACK",
            },
          ],
  });
}

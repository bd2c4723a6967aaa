/**
 * The ECS service itself, with the rollout that it is told. What is younger than the oldest supported library is written
 * into the template by name.
 *
 * @module
 */
import { Annotations, type Duration } from "aws-cdk-lib";
import type { Alarm, IAlarm } from "aws-cdk-lib/aws-cloudwatch";
import type { ISecurityGroup, ISubnet } from "aws-cdk-lib/aws-ec2";
import {
  AlarmBehavior,
  AlternateTarget,
  type BaseService,
  type CfnService,
  Cluster,
  DeploymentStrategy,
  Ec2Service,
  FargateService,
  type ICluster,
  ListenerRuleConfiguration,
  PropagatedTagSource,
} from "aws-cdk-lib/aws-ecs";
import { ManagedPolicy, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { Construct } from "constructs";
import type { CapacityProvider } from "./ecs-capacity-resources.ts";
import type { Front } from "./ecs-front.ts";
import type { BentoRollout } from "./ecs-rollout.ts";
import { BENTO_PORT, type Task } from "./ecs-task.ts";

export interface ServiceParts {
  readonly serviceName: string | undefined;
  readonly cluster: ICluster;
  readonly capacity: CapacityProvider;
  readonly isManaged: boolean;
  readonly task: Task;
  readonly front: Front;
  readonly rollout: BentoRollout;
  readonly alarms: readonly (Alarm | IAlarm)[];
  /** Left to scaling when absent. */
  readonly desiredTasks: number | undefined;
  readonly startTimeout: Duration;
  readonly subnets: readonly ISubnet[];
  readonly securityGroups: readonly ISecurityGroup[];
}

/**
 * @param scope - gets `Service` and `ShiftRole`
 */
export function makeService(scope: Construct, parts: ServiceParts): BaseService {
  const { rollout, front, task } = parts;
  const service = newService(scope, parts);
  const [blue, green] = front.targetGroups;
  const shiftRole = new Role(scope, "ShiftRole", {
    assumedBy: new ServicePrincipal("ecs.amazonaws.com"),
    managedPolicies: [
      ManagedPolicy.fromAwsManagedPolicyName("AmazonECSInfrastructureRolePolicyForLoadBalancers"),
    ],
  });
  const alternateTarget = new AlternateTarget("Alternate", {
    alternateTargetGroup: green,
    productionListener: ListenerRuleConfiguration.applicationListenerRule(front.rule),
    role: shiftRole,
  });
  const target = service.loadBalancerTarget({
    containerName: task.container.containerName,
    containerPort: BENTO_PORT,
    ...(rollout.isShift ? { alternateTarget } : {}),
  });
  blue.addTarget(target);
  service.enableDeploymentAlarms(
    parts.alarms.map(({ alarmName }) => alarmName),
    { behavior: AlarmBehavior.ROLLBACK_ON_ALARM },
  );
  service.node.addDependency(task.startPolicy, ...parts.capacity.dependencies);
  writeRollout(service.node.findChild("Service") as CfnService, rollout);
  if (rollout.hasDowntime) {
    const warning = "recreate stops all tasks before it starts new ones: nobody answers meanwhile";
    Annotations.of(scope).addWarningV2("bentokit:recreateDowntime", warning);
  }
  return service;
}

function newService(scope: Construct, parts: ServiceParts): BaseService {
  const { rollout } = parts;
  const properties = {
    cluster: parts.cluster,
    taskDefinition: parts.task.definition,
    capacityProviderStrategies: [{ capacityProvider: parts.capacity.name, weight: 1 }],
    minHealthyPercent: rollout.minHealthyPercent,
    maxHealthyPercent: rollout.maxHealthyPercent,
    circuitBreaker: { enable: true, rollback: true },
    healthCheckGracePeriod: parts.startTimeout,
    propagateTags: PropagatedTagSource.SERVICE,
    enableECSManagedTags: true,
    vpcSubnets: { subnets: [...parts.subnets] },
    securityGroups: [...parts.securityGroups],
    ...(parts.serviceName === undefined ? {} : { serviceName: parts.serviceName }),
    ...(parts.desiredTasks === undefined ? {} : { desiredCount: parts.desiredTasks }),
    // The oldest library knows no younger strategy; the right one is written over it.
    ...(rollout.isShift
      ? { deploymentStrategy: DeploymentStrategy.BLUE_GREEN, bakeTime: rollout.bakeAfter }
      : {}),
  };
  return parts.isManaged
    ? new FargateService(scope, "Service", properties) // the library's class for managed instances too
    : new Ec2Service(scope, "Service", {
        ...properties,
        cluster: clusterWithInstances(scope, parts.cluster),
      });
}

/** The library does not see instances that its own class of clusters was not given. */
function clusterWithInstances(scope: Construct, cluster: ICluster): ICluster {
  const { clusterName, clusterArn, vpc } = cluster;
  // The class writes `INamespace | undefined` where its own interface has an optional member.
  return Cluster.fromClusterAttributes(scope, "ClusterWithInstances", {
    clusterName,
    clusterArn,
    vpc,
    hasEc2Capacity: true,
  }) as ICluster;
}

function writeRollout(service: CfnService, rollout: BentoRollout): void {
  service.addPropertyDeletionOverride("DeploymentController"); // ECS is the default; a flag decides
  const { strategy, step, pauseAt } = rollout;
  service.addPropertyOverride("DeploymentConfiguration.Strategy", strategy);
  if (step !== undefined) {
    const name = strategy === "CANARY" ? "Canary" : "Step";
    const path = `DeploymentConfiguration.${strategy === "CANARY" ? "Canary" : "Linear"}Configuration`;
    service.addPropertyOverride(`${path}.${name}Percent`, step.percent);
    service.addPropertyOverride(`${path}.${name}BakeTimeInMinutes`, step.bake.toMinutes());
  }
  if (pauseAt.length > 0) {
    service.addPropertyOverride("DeploymentConfiguration.LifecycleHooks", [
      {
        TargetType: "PAUSE",
        LifecycleStages: pauseAt,
        TimeoutConfiguration: {
          Action: "ROLLBACK",
          TimeoutInMinutes: rollout.pauseTimeout.toMinutes(),
        },
      },
    ]);
  }
}

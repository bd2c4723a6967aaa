/**
 * A bento on Amazon ECS with GPUs: instances that ECS manages, a service behind a load balancer that nobody reaches until
 * they are let in, and a rollout that takes itself back. No assets, no custom resources.
 *
 * @module
 */
import { RemovalPolicy } from "aws-cdk-lib";
import type { Alarm } from "aws-cdk-lib/aws-cloudwatch";
import {
  type Connections,
  type IConnectable,
  type ISecurityGroup,
  SecurityGroup,
} from "aws-cdk-lib/aws-ec2";
import {
  type BaseService,
  Cluster,
  type ContainerDefinition,
  ContainerInsights,
  type ICluster,
  type ScalableTaskCount,
  type TaskDefinition,
} from "aws-cdk-lib/aws-ecs";
import type {
  ApplicationListener,
  ApplicationLoadBalancer,
  ApplicationTargetGroup,
} from "aws-cdk-lib/aws-elasticloadbalancingv2";
import {
  type IGrantable,
  type IPrincipal,
  type IRole,
  PermissionsBoundary,
} from "aws-cdk-lib/aws-iam";
import { type ILogGroup, LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import type { BentoEcsGpuServiceProps } from "./bento-ecs-gpu-service-props.ts";
import type { BentoMetrics } from "./bento-metrics.ts";
import { makeCapacity } from "./ecs-capacity-resources.ts";
import { type Front, makeFront } from "./ecs-front.ts";
import { refuseEcsProblems } from "./ecs-limits.ts";
import { ecsMetrics } from "./ecs-metrics.ts";
import { makeRollbackAlarms } from "./ecs-rollback-alarms.ts";
import { makeScaling } from "./ecs-scaling.ts";
import { makeService } from "./ecs-service.ts";
import { type EcsSettled, settle } from "./ecs-settle.ts";
import { BENTO_PORT, makeTask, type Task } from "./ecs-task.ts";
import { pinFlags } from "./pinned-flags.ts";

export class BentoEcsGpuService extends Construct implements IConnectable, IGrantable {
  readonly service: BaseService;
  readonly taskDefinition: TaskDefinition;
  readonly container: ContainerDefinition;
  readonly cluster: ICluster;
  /** Name of what gives the instances. */
  readonly capacityProviderName: string;
  readonly loadBalancer: ApplicationLoadBalancer;
  readonly listener: ApplicationListener;
  /** Versions alternate between both; which one serves, the listener's rule knows. */
  readonly targetGroups: readonly [ApplicationTargetGroup, ApplicationTargetGroup];
  /** What the bento's code may do. */
  readonly taskRole: IRole;
  readonly executionRole: IRole;
  readonly logGroup: ILogGroup;
  /**
   * By which deployments roll back: errors, latency, tasks that are not ready.
   *
   * Errors are all answers from 500 on, as the load balancer counts them for each version. Refusals of an overloaded server
   * (503) are among them: only the load balancer knows which version answered and only the server which 503 was a refusal, and
   * a version that is too slow for its traffic shows in nothing else. So a service that is overloaded already cannot change
   * its version, not even to a faster one, unless there are more tasks first, or `errorPercentLimit` is 100 for that
   * deployment, with an alarm on `new ServiceMetrics({ serviceName }).answers(500)` among `rollbackAlarms`.
   */
  readonly alarms: readonly Alarm[];
  /** Absent where the number of tasks is fixed. */
  readonly scaling: ScalableTaskCount | undefined;
  /** For `BentoAlarms` and `BentoDashboard`. */
  readonly metrics: BentoMetrics;
  /** Whom the load balancer lets in: `connections.allowDefaultPortFrom(caller)`. */
  readonly connections: Connections;
  readonly grantPrincipal: IPrincipal;
  /** Where it answers. */
  readonly url: string;

  /**
   * @throws BentoError BENTO_INVALID_INPUT with every setting that ECS does not take, or that its GPUs do not suffice for
   */
  constructor(scope: Construct, id: string, props: BentoEcsGpuServiceProps) {
    super(scope, id);
    pinFlags(this);
    const settled = settle(props);
    refuseEcsProblems(settled.problems, this.node.path);
    if (props.permissionsBoundary !== undefined) {
      PermissionsBoundary.of(this).apply(props.permissionsBoundary);
    }
    this.logGroup = props.logGroup ?? this.makeLogGroup(props.logRetention);
    this.cluster = props.cluster ?? this.makeCluster(props);
    const task = this.makeTask(props, settled);
    this.taskDefinition = task.definition;
    this.container = task.container;
    this.taskRole = task.taskRole;
    this.executionRole = task.executionRole;
    this.grantPrincipal = task.taskRole.grantPrincipal;
    const front = this.makeFront(props, settled);
    this.loadBalancer = front.loadBalancer;
    this.listener = front.listener;
    this.targetGroups = front.targetGroups;
    this.connections = this.listener.connections;
    this.url = `${props.certificate === undefined ? "http" : "https"}://${front.loadBalancer.loadBalancerDnsName}`;
    this.metrics = ecsMetrics(front.loadBalancer, props.image.bentoName);
    this.alarms = Object.values(makeRollbackAlarms(this, front, settled.limits));
    const { subnets } = props.vpc.selectSubnets(settled.subnets);
    const place = { ...settled, vpc: props.vpc, cluster: this.cluster, subnets };
    const capacity = makeCapacity(this, settled.capacity, place);
    this.capacityProviderName = capacity.name;
    this.service = makeService(this, {
      ...settled,
      serviceName: props.serviceName,
      cluster: this.cluster,
      capacity,
      isManaged: settled.capacity.isManaged,
      task,
      front,
      alarms: [...this.alarms, ...(props.rollbackAlarms ?? [])],
      subnets,
      securityGroups: props.securityGroups ?? [this.makeTaskGroup(props)],
    });
    this.scaling = this.makeScaling(props, settled, front);
  }

  private makeLogGroup(retention = RetentionDays.ONE_MONTH): LogGroup {
    return new LogGroup(this, "Logs", { retention, removalPolicy: RemovalPolicy.RETAIN });
  }

  private makeCluster({ vpc }: BentoEcsGpuServiceProps): ICluster {
    const containerInsightsV2 = ContainerInsights.ENABLED;
    // The class writes `INamespace | undefined` where its own interface has an optional member.
    return new Cluster(this, "Cluster", { vpc, containerInsightsV2 }) as ICluster;
  }

  private makeTask(props: BentoEcsGpuServiceProps, settled: EcsSettled): Task {
    return makeTask(this, {
      ...settled,
      image: props.image,
      isManaged: settled.capacity.isManaged,
      environment: props.environment ?? {},
      secrets: props.secrets ?? {},
      logGroup: this.logGroup,
      taskRole: props.taskRole,
      executionRole: props.executionRole,
    });
  }

  private makeFront(props: BentoEcsGpuServiceProps, settled: EcsSettled): Front {
    return makeFront(this, {
      ...settled,
      vpc: props.vpc,
      subnets: settled.loadBalancerSubnets,
      certificate: props.certificate,
      securityGroups: props.loadBalancerSecurityGroups,
      accessLogBucket: props.accessLogBucket,
    });
  }

  private makeTaskGroup({ vpc }: BentoEcsGpuServiceProps): ISecurityGroup {
    return new SecurityGroup(this, "TaskGroup", {
      vpc,
      description: `Tasks of a bento: its load balancer in at ${BENTO_PORT}, all out`,
      allowAllOutbound: true,
    });
  }

  private makeScaling(
    props: BentoEcsGpuServiceProps,
    settled: EcsSettled,
    front: Front,
  ): ScalableTaskCount | undefined {
    if (settled.maxTasks === settled.minTasks) {
      return undefined;
    }
    return makeScaling(this, {
      ...settled,
      service: this.service,
      front,
      requestsPerTask: props.requestsPerTask,
      queueRowsPerTask: props.queueRowsPerTask,
      queueMetric: props.queueMetric,
    });
  }
}

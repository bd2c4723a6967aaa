/**
 * How many tasks run: as many as the requests need, or the rows that wait in the batchers, whichever is more.
 *
 * @module
 */
import { Duration, Names } from "aws-cdk-lib";
import { CfnScalingPolicy, type ScalableTarget } from "aws-cdk-lib/aws-applicationautoscaling";
import type { IMetric, Metric } from "aws-cdk-lib/aws-cloudwatch";
import type { BaseService, ScalableTaskCount } from "aws-cdk-lib/aws-ecs";
import type { Construct } from "constructs";
import { ServiceMetrics, type ServiceMetricsProps } from "./bento-metrics.ts";
import type { Front } from "./ecs-front.ts";

export interface QueueRowsProps extends ServiceMetricsProps {
  /** What the rows wait for: a model's key, or the name of an api that batches. */
  readonly runnerName: string;
}

/**
 * Rows that wait in the batcher of one task, on average over the tasks: each tells of every second, also while it has none.
 * Tasks send it by their log as `<namespace>_runner_queue_rows`, with the dimensions `service_name` and `runner_name`: two
 * deployments of one bento in an account and region are one to it.
 */
export function bentoQueueRows({ runnerName, ...service }: QueueRowsProps): Metric {
  return new ServiceMetrics(service).metric("runner_queue_rows", {
    statistic: "Average",
    period: Duration.minutes(1),
    dimensionsMap: { runner_name: runnerName },
  });
}

export interface ScalingParts {
  readonly service: BaseService;
  readonly front: Front;
  readonly minTasks: number;
  readonly maxTasks: number;
  /** A minute. */
  readonly requestsPerTask: number | undefined;
  readonly queueRowsPerTask: number | undefined;
  readonly queueMetric: IMetric | undefined;
}

/**
 * @param scope - gets `RequestScaling`, where requests scale it
 * @returns what further rules and schedules can be added to
 */
export function makeScaling(scope: Construct, parts: ScalingParts): ScalableTaskCount {
  const { service, requestsPerTask, queueRowsPerTask, queueMetric } = parts;
  const scaling = service.autoScaleTaskCount({
    minCapacity: parts.minTasks,
    maxCapacity: parts.maxTasks,
  });
  if (requestsPerTask !== undefined) {
    scaleOnRequests(scope, scaling, { ...parts, requestsPerTask });
  }
  if (queueRowsPerTask !== undefined && queueMetric !== undefined) {
    scaling.scaleToTrackCustomMetric("Queue", {
      metric: queueMetric,
      targetValue: queueRowsPerTask,
      ...COOLDOWNS,
    });
  }
  return scaling;
}

/** A GPU takes minutes to come and is paid for by the second: quick to take, slow to give back. */
const COOLDOWNS = { scaleOutCooldown: Duration.minutes(1), scaleInCooldown: Duration.minutes(5) };

/**
 * The library's own rule looks at one target group; versions alternate between two, of which the idle one has no
 * requests. While both have, each counts for its own tasks, and the sum errs to more tasks.
 */
function scaleOnRequests(
  scope: Construct,
  scaling: ScalableTaskCount,
  { front, requestsPerTask }: ScalingParts & { readonly requestsPerTask: number },
): void {
  const target = scaling.node.findChild("Target") as ScalableTarget;
  const [blue, green] = front.targetGroups;
  new CfnScalingPolicy(scope, "RequestScaling", {
    policyName: Names.uniqueResourceName(target, { maxLength: 200 }),
    policyType: "TargetTrackingScaling",
    scalingTargetId: target.scalableTargetId,
    targetTrackingScalingPolicyConfiguration: {
      targetValue: requestsPerTask,
      scaleOutCooldown: COOLDOWNS.scaleOutCooldown.toSeconds(),
      scaleInCooldown: COOLDOWNS.scaleInCooldown.toSeconds(),
      customizedMetricSpecification: {
        metrics: [
          requestsOf("blue", front, blue),
          requestsOf("green", front, green),
          { id: "requests", expression: "FILL(blue, 0) + FILL(green, 0)", returnData: true },
        ],
      },
    },
  });
}

/** Requests of one target, on average over the targets of the group. */
function requestsOf(
  id: string,
  { loadBalancer }: Front,
  { targetGroupFullName }: Front["targetGroups"][number],
): CfnScalingPolicy.TargetTrackingMetricDataQueryProperty {
  return {
    id,
    returnData: false,
    metricStat: {
      stat: "Sum",
      metric: {
        namespace: "AWS/ApplicationELB",
        metricName: "RequestCountPerTarget",
        dimensions: [
          { name: "LoadBalancer", value: loadBalancer.loadBalancerFullName },
          { name: "TargetGroup", value: targetGroupFullName },
        ],
      },
    },
  };
}

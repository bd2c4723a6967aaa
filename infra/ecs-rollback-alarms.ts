/**
 * The alarms by which a deployment rolls back. Versions alternate between two target groups, and each alarm looks at the
 * worse of both, so that a canary's errors are not lost in the traffic of the old version.
 *
 * @module
 */
import { Duration } from "aws-cdk-lib";
import {
  Alarm,
  ComparisonOperator,
  type IMetric,
  MathExpression,
  Metric,
  TreatMissingData,
} from "aws-cdk-lib/aws-cloudwatch";
import type { Construct } from "constructs";
import type { Front } from "./ecs-front.ts";

export interface RollbackLimits {
  /** Of the answers, in percent. */
  readonly errorPercent: number;
  readonly p99: Duration;
  /** Longest time from the start of a task to ready, when it is not healthy yet. */
  readonly startTimeout: Duration;
}

export interface RollbackAlarms {
  readonly errors: Alarm;
  readonly latency: Alarm;
  readonly unhealthy: Alarm;
}

/** What is looked at. */
type Watched = Pick<Front, "loadBalancer" | "targetGroups">;

const period = Duration.minutes(1);

/**
 * @param scope - gets `ErrorsAlarm`, `LatencyAlarm` and `UnhealthyAlarm`
 */
export function makeRollbackAlarms(
  scope: Construct,
  front: Watched,
  limits: RollbackLimits,
): RollbackAlarms {
  const startMinutes = Math.ceil(limits.startTimeout.toMinutes({ integral: false }));
  return {
    errors: makeAlarm(scope, "ErrorsAlarm", {
      description: "Answers of 500 to 599 by the bento's tasks, in percent",
      metric: errorPercent(front),
      threshold: limits.errorPercent,
      minutes: 3,
      minutesOver: 2,
    }),
    latency: makeAlarm(scope, "LatencyAlarm", {
      description: "Seconds within which 99 of 100 answers of the bento come",
      metric: p99(front),
      threshold: limits.p99.toSeconds({ integral: false }),
      minutes: 3,
      minutesOver: 2,
    }),
    unhealthy: makeAlarm(scope, "UnhealthyAlarm", {
      description: "Tasks of the bento that are not ready, for longer than a start takes",
      metric: unhealthyTasks(front),
      threshold: 0,
      minutes: startMinutes + 2,
      minutesOver: startMinutes + 2,
    }),
  };
}

interface AlarmParts {
  readonly description: string;
  readonly metric: IMetric;
  readonly threshold: number;
  readonly minutes: number;
  /** Of those, how many must be over the threshold. */
  readonly minutesOver: number;
}

function makeAlarm(scope: Construct, id: string, parts: AlarmParts): Alarm {
  return new Alarm(scope, id, {
    alarmDescription: parts.description,
    metric: parts.metric,
    threshold: parts.threshold,
    comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
    evaluationPeriods: parts.minutes,
    datapointsToAlarm: parts.minutesOver,
    treatMissingData: TreatMissingData.NOT_BREACHING,
  });
}

/** A minute without errors has no datapoint for them, and one without requests has none at all. */
function errorPercent(front: Watched): MathExpression {
  const [blueErrors, greenErrors] = ofBoth(front, "HTTPCode_Target_5XX_Count", "Sum");
  const [blueRequests, greenRequests] = ofBoth(front, "RequestCount", "Sum");
  return new MathExpression({
    expression:
      "100 * MAX([FILL(blueErrors / blueRequests, 0), FILL(greenErrors / greenRequests, 0)])",
    label: "Errors, percent",
    period,
    usingMetrics: { blueErrors, blueRequests, greenErrors, greenRequests },
  });
}

function p99(front: Watched): MathExpression {
  return worse("Seconds, p99", ofBoth(front, "TargetResponseTime", "p99"));
}

function unhealthyTasks(front: Watched): MathExpression {
  return worse("Tasks not ready", ofBoth(front, "UnHealthyHostCount", "Minimum"));
}

function worse(label: string, [blue, green]: readonly [IMetric, IMetric]): MathExpression {
  return new MathExpression({
    expression: "MAX([FILL(blue, 0), FILL(green, 0)])",
    label,
    period,
    usingMetrics: { blue, green },
  });
}

/** Of each target group. The library's own spell the load balancer's name in a dozen lines of template each. */
function ofBoth(
  { loadBalancer, targetGroups }: Watched,
  metricName: string,
  statistic: string,
): readonly [Metric, Metric] {
  const [blue, green] = targetGroups.map(
    ({ targetGroupFullName }) =>
      new Metric({
        namespace: "AWS/ApplicationELB",
        metricName,
        statistic,
        period,
        dimensionsMap: {
          LoadBalancer: loadBalancer.loadBalancerFullName,
          TargetGroup: targetGroupFullName,
        },
      }),
  ) as [Metric, Metric];
  return [blue, green];
}

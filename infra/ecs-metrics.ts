/**
 * What is worth watching of a bento on ECS: what its load balancer counts, of both versions together, and what the server
 * counts itself where its tasks send that to CloudWatch.
 *
 * @module
 */
import { Duration } from "aws-cdk-lib";
import { type IMetric, MathExpression, Metric } from "aws-cdk-lib/aws-cloudwatch";
import type { ApplicationLoadBalancer } from "aws-cdk-lib/aws-elasticloadbalancingv2";
import { type BentoMetrics, ServiceMetrics } from "./bento-metrics.ts";

const PERIOD = Duration.minutes(1);

/**
 * @param bentoName - whose own metrics are among them; none where it is not known
 */
export function ecsMetrics(
  loadBalancer: ApplicationLoadBalancer,
  bentoName: string | undefined,
): BentoMetrics {
  const metric = (metricName: string, statistic: string, label: string) =>
    new Metric({
      namespace: "AWS/ApplicationELB",
      metricName,
      statistic,
      label,
      period: PERIOD,
      dimensionsMap: { LoadBalancer: loadBalancer.loadBalancerFullName },
    });
  const service =
    bentoName === undefined ? undefined : new ServiceMetrics({ serviceName: bentoName });
  return {
    requests: metric("RequestCount", "Sum", "requests"),
    errors: errorsOf(metric, service),
    latencyP50: metric("TargetResponseTime", "p50", "p50"),
    latencyP99: metric("TargetResponseTime", "p99", "p99"),
    concurrency: metric("ActiveConnectionCount", "Sum", "connections"),
    throttles: metric("RejectedConnectionCount", "Sum", "rejected connections"),
    ...(service === undefined ? {} : { rejects: service.rejects(PERIOD), service }),
  };
}

/**
 * Answers of the tasks, and of the load balancer where no task could be asked. The load balancer takes refusals for errors;
 * where the server does not say how many they were, they stay among them.
 */
function errorsOf(
  metric: (name: string, statistic: string, label: string) => Metric,
  service: ServiceMetrics | undefined,
): IMetric {
  const tasks = metric("HTTPCode_Target_5XX_Count", "Sum", "of tasks");
  const balancer = metric("HTTPCode_ELB_5XX_Count", "Sum", "of the load balancer");
  const about = { label: "errors", period: PERIOD };
  return service === undefined
    ? new MathExpression({
        ...about,
        expression: "FILL(tasks, 0) + FILL(balancer, 0)",
        usingMetrics: { tasks, balancer },
      })
    : new MathExpression({
        ...about,
        expression:
          "IF(FILL(tasks, 0) > FILL(m503, 0), FILL(tasks, 0) - FILL(m503, 0), 0) + FILL(balancer, 0)",
        usingMetrics: { tasks, balancer, m503: service.answers(503, { period: PERIOD }) },
      });
}

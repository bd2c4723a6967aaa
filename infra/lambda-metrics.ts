/**
 * What is worth watching of a bento on Lambda: Lambda's own metrics of the alias, SQS's of its queue, and those that the
 * server writes into its log.
 *
 * @module
 */
import { Duration } from "aws-cdk-lib";
import { type IMetric, MathExpression, type MetricOptions } from "aws-cdk-lib/aws-cloudwatch";
import type { Alias } from "aws-cdk-lib/aws-lambda";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import type { BentoMetrics, ServiceMetrics } from "./bento-metrics.ts";
import { given } from "./given.ts";

/** Whose metrics they are. */
export interface LambdaMetricsSource {
  readonly alias: Alias;
  readonly queue: IQueue | undefined;
  readonly deadLetterQueue: IQueue | undefined;
  /** Undefined where the name of the bento is not known. */
  readonly service: ServiceMetrics | undefined;
}

const PERIOD = Duration.minutes(1);

export function lambdaMetrics(source: LambdaMetricsSource): BentoMetrics {
  const { alias, queue, deadLetterQueue, service } = source;
  const sum = { statistic: "Sum", period: PERIOD };
  return {
    requests: alias.metricInvocations({ ...sum, label: "requests" }),
    errors: errorsOf(alias, service),
    latencyP50: secondsOf(alias, "p50"),
    latencyP99: secondsOf(alias, "p99"),
    throttles: alias.metricThrottles({ ...sum, label: "throttles" }),
    concurrency: alias.metric("ConcurrentExecutions", {
      statistic: "Maximum",
      period: PERIOD,
      label: "at work at once",
    }),
    ...given({
      rejects: service?.rejects(PERIOD),
      queueAge: queue?.metricApproximateAgeOfOldestMessage({
        statistic: "Maximum",
        period: PERIOD,
        label: "age of the oldest message",
      }),
      deadLetters: deadLetterQueue?.metricApproximateNumberOfMessagesVisible({
        statistic: "Maximum",
        period: PERIOD,
        label: "dead letters",
      }),
      service,
    }),
  };
}

/** Lambda does not know that an HTTP answer is an error; the server does not know that it was killed. */
function errorsOf(alias: Alias, service: ServiceMetrics | undefined): IMetric {
  const options: MetricOptions = { statistic: "Sum", period: PERIOD, label: "errors" };
  const failed = alias.metricErrors(options);
  return service === undefined
    ? failed
    : new MathExpression({
        expression: "MAX([failed, FILL(m500, 0) + FILL(m504, 0)])",
        usingMetrics: {
          failed,
          m500: service.answers(500, { period: PERIOD }),
          m504: service.answers(504, { period: PERIOD }),
        },
        period: PERIOD,
        label: "errors",
      });
}

function secondsOf(alias: Alias, statistic: string): IMetric {
  return new MathExpression({
    expression: `duration_${statistic} / 1000`,
    usingMetrics: {
      [`duration_${statistic}`]: alias.metricDuration({ statistic, period: PERIOD }),
    },
    period: PERIOD,
    label: statistic,
  });
}

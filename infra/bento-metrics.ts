/**
 * What is worth watching of a service, wherever it runs: alarms and dashboard take this shape and nothing of a platform.
 *
 * @module
 */
import { Duration } from "aws-cdk-lib";
import {
  type IMetric,
  MathExpression,
  Metric,
  type MetricOptions,
} from "aws-cdk-lib/aws-cloudwatch";

/** Each over a period of the platform's choice. What a platform or a service has none of is left out. */
export interface BentoMetrics {
  /** Requests in a period. */
  readonly requests: IMetric;
  /** Those of them that failed by the service's own fault. */
  readonly errors: IMetric;
  /** Time to the answer that half of the requests had, in seconds. */
  readonly latencyP50: IMetric;
  /** Time to the answer that 99 of 100 requests had, in seconds. */
  readonly latencyP99: IMetric;
  /** Requests that the platform turned away. */
  readonly throttles?: IMetric;
  /** Requests that the service turned away: 429 and 503. */
  readonly rejects?: IMetric;
  /** Requests at work at once. */
  readonly concurrency?: IMetric;
  /** Age of the oldest message that waits, in seconds. */
  readonly queueAge?: IMetric;
  /** Messages that failed for good. */
  readonly deadLetters?: IMetric;
  /** Batcher's and models' own, for a dashboard. */
  readonly service?: ServiceMetrics;
}

export interface ServiceMetricsProps {
  /** Name of the bento: the dimension `service_name`. */
  readonly serviceName: string;
  /**
   * Namespace in CloudWatch and prefix of every name, as the server was told.
   * @default "bentoml"
   */
  readonly namespace?: string;
}

/** What the server itself counts, as it writes it into its log for CloudWatch. */
export class ServiceMetrics {
  readonly serviceName: string;
  readonly namespace: string;

  constructor({ serviceName, namespace = "bentoml" }: ServiceMetricsProps) {
    this.serviceName = serviceName;
    this.namespace = namespace;
  }

  /**
   * One of the server's own, e.g. `request_duration_seconds`, over all of the service.
   *
   * @param name - without the namespace before it
   * @param options - `dimensionsMap` tells apart further; @default the average over 5 minutes
   */
  metric(name: string, options: MetricOptions = {}): Metric {
    return new Metric({
      period: Duration.minutes(5),
      ...options,
      namespace: this.namespace,
      metricName: `${this.namespace}_${name}`,
      dimensionsMap: { service_name: this.serviceName, ...options.dimensionsMap },
    });
  }

  /** Answers with a status, over all paths. */
  answers(status: number, options: MetricOptions = {}): Metric {
    return this.metric("request_total", {
      statistic: "Sum",
      label: `answers with ${status}`,
      ...options,
      dimensionsMap: { http_response_code: String(status) },
    });
  }

  /** Requests that it turned away: 429 and 503. */
  rejects(period: Duration): MathExpression {
    return new MathExpression({
      expression: "FILL(m429, 0) + FILL(m503, 0)",
      usingMetrics: { m429: this.answers(429, { period }), m503: this.answers(503, { period }) },
      period,
      label: "rejects",
    });
  }

  /**
   * Of every runner a line, for dashboards: alarms take no searches.
   *
   * @param name - of a runner's metric, e.g. `runner_adaptive_batch_size`
   * @param statistic - e.g. `Average` or `p99`
   */
  search(name: string, statistic: string): string {
    const dimensions = `{${this.namespace},service_name,runner_name}`;
    const what = `MetricName="${this.namespace}_${name}" service_name="${this.serviceName}"`;
    return `SEARCH('${dimensions} ${what}', '${statistic}', 300)`;
  }
}

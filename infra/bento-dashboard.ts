/**
 * A CloudWatch dashboard of a service: requests and what became of them, how long they took, its batches and its queue.
 *
 * @module
 */
import { Duration } from "aws-cdk-lib";
import {
  type Alarm,
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type IMetric,
  type IWidget,
  MathExpression,
} from "aws-cdk-lib/aws-cloudwatch";
import { Construct } from "constructs";
import type { BentoAlarms } from "./bento-alarms.ts";
import type { BentoMetrics, ServiceMetrics } from "./bento-metrics.ts";
import { given } from "./given.ts";
import { pinFlags } from "./pinned-flags.ts";

export interface BentoDashboardProps {
  /** `metrics` of a bento's construct. */
  readonly metrics: BentoMetrics;
  /**
   * Shown above everything else.
   * @default - no alarms
   */
  readonly alarms?: BentoAlarms;
  /**
   * Name of the dashboard.
   * @default - CloudFormation makes one
   */
  readonly dashboardName?: string;
}

export class BentoDashboard extends Construct {
  readonly dashboard: Dashboard;

  constructor(scope: Construct, id: string, props: BentoDashboardProps) {
    super(scope, id);
    pinFlags(this);
    const { metrics, alarms, dashboardName } = props;
    this.dashboard = new Dashboard(this, "Dashboard", {
      ...given({ dashboardName }),
      defaultInterval: Duration.hours(3),
      widgets: [
        ...(alarms === undefined ? [] : [[alarmWidget(alarms.all)]]),
        requestWidgets(metrics),
        ...(metrics.service === undefined ? [] : [batchWidgets(metrics.service)]),
        ...(metrics.queueAge === undefined ? [] : [queueWidgets(metrics)]),
      ],
    });
  }
}

function alarmWidget(alarms: readonly Alarm[]): IWidget {
  return new AlarmStatusWidget({ title: "Alarms", alarms: [...alarms], width: 24, height: 3 });
}

function requestWidgets(metrics: BentoMetrics): IWidget[] {
  const { requests, errors, throttles, rejects, concurrency } = metrics;
  return [
    graph("Requests", "in a minute", present([requests, errors, throttles, rejects])),
    graph("Time to the answer", "seconds", [metrics.latencyP50, metrics.latencyP99]),
    ...(concurrency === undefined ? [] : [graph("At work at once", "requests", [concurrency])]),
  ];
}

function batchWidgets(service: ServiceMetrics): IWidget[] {
  const searched = (name: string, statistic: string) =>
    new MathExpression({
      expression: service.search(name, statistic),
      usingMetrics: {},
      label: statistic,
      period: Duration.minutes(5),
    });
  return [
    graph("Rows of a batch", "rows", [searched("runner_adaptive_batch_size", "Average")]),
    graph("Wait for a batch", "seconds", [searched("runner_queue_wait_seconds", "p99")]),
    graph("Time of a batch", "seconds", [searched("runner_batch_duration_seconds", "p99")]),
  ];
}

function queueWidgets({ queueAge, deadLetters }: BentoMetrics): IWidget[] {
  return [
    graph("Age of the oldest message", "seconds", present([queueAge])),
    ...(deadLetters === undefined ? [] : [graph("Dead letters", "messages", [deadLetters])]),
  ];
}

function present(metrics: readonly (IMetric | undefined)[]): IMetric[] {
  return metrics.filter((metric) => metric !== undefined);
}

function graph(title: string, label: string, left: IMetric[]): GraphWidget {
  return new GraphWidget({ title, left, leftYAxis: { label, min: 0 }, width: 8, height: 6 });
}

/**
 * Alarms on what a service must not do for long: fail, turn requests away, be slow, leave messages lying. They say so to a
 * topic or do what else CloudWatch can; deployments watch them too.
 *
 * @module
 */
import { Duration } from "aws-cdk-lib";
import {
  Alarm,
  ComparisonOperator,
  type IAlarmAction,
  type IMetric,
  MathExpression,
  TreatMissingData,
} from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import type { ITopic } from "aws-cdk-lib/aws-sns";
import { Construct } from "constructs";
import { BentoError } from "../core/bento-error.ts";
import type { BentoMetrics } from "./bento-metrics.ts";
import { known } from "./known.ts";
import { pinFlags } from "./pinned-flags.ts";

export interface BentoAlarmsProps {
  /** `metrics` of a bento's construct. */
  readonly metrics: BentoMetrics;
  /**
   * Told when an alarm begins and when it ends.
   * @default - nobody is told
   */
  readonly topic?: ITopic;
  /**
   * Done when an alarm begins.
   * @default - nothing
   */
  readonly actions?: readonly IAlarmAction[];
  /**
   * Share of requests that may fail, in percent, 0 to 100.
   * @default 1
   */
  readonly maxErrorPercent?: number;
  /**
   * Share of requests that may be turned away by the platform or the service, in percent, 0 to 100.
   * @default 5
   */
  readonly maxRejectPercent?: number;
  /**
   * Time to the answer that 99 of 100 requests must have: the service's `slo`.
   * @default - no alarm on latency
   */
  readonly maxLatencyP99?: Duration;
  /**
   * Longest that a message may wait in the queue.
   * @default Duration.minutes(5)
   */
  readonly maxQueueAge?: Duration;
  /**
   * Minutes in a row that something must be wrong, from 1.
   * @default 3
   */
  readonly evaluationMinutes?: number;
}

interface Rule {
  readonly id: string;
  readonly what: string;
  readonly metric: IMetric;
  readonly threshold: number;
}

export class BentoAlarms extends Construct {
  readonly errors: Alarm;
  /** Undefined where neither the platform nor the service counts what it turns away. */
  readonly rejects: Alarm | undefined;
  /** Undefined without `maxLatencyP99`. */
  readonly latency: Alarm | undefined;
  /** Undefined without a queue. */
  readonly queueAge: Alarm | undefined;
  /** Undefined without a dead-letter queue. */
  readonly deadLetters: Alarm | undefined;
  /** All of them. */
  readonly all: readonly Alarm[];

  /** @throws BentoError BENTO_INVALID_INPUT with every limit that is none */
  constructor(scope: Construct, id: string, props: BentoAlarmsProps) {
    super(scope, id);
    pinFlags(this);
    this.#refuse(props);
    const { metrics, maxErrorPercent = 1, maxRejectPercent = 5, maxLatencyP99 } = props;
    const turnedAway = [metrics.throttles, metrics.rejects].filter(
      (metric) => metric !== undefined,
    );
    const make = (rule: Rule) => this.#alarm(rule, props);
    this.errors = make({
      id: "Errors",
      what: `more than ${maxErrorPercent} % of requests fail`,
      metric: percent([metrics.errors], metrics.requests),
      threshold: maxErrorPercent,
    });
    this.rejects =
      turnedAway.length === 0
        ? undefined
        : make({
            id: "Rejects",
            what: `more than ${maxRejectPercent} % of requests are turned away`,
            metric: percent(turnedAway, metrics.requests),
            threshold: maxRejectPercent,
          });
    this.latency =
      maxLatencyP99 &&
      make({
        id: "Latency",
        what: "p99 of the time to the answer is over its objective",
        metric: metrics.latencyP99,
        threshold: maxLatencyP99.toMilliseconds() / 1000,
      });
    this.queueAge =
      metrics.queueAge &&
      make({
        id: "QueueAge",
        what: "messages wait too long",
        metric: metrics.queueAge,
        threshold: (props.maxQueueAge ?? Duration.minutes(5)).toSeconds(),
      });
    this.deadLetters =
      metrics.deadLetters &&
      make({
        id: "DeadLetters",
        what: "messages failed for good",
        metric: metrics.deadLetters,
        threshold: 0,
      });
    this.all = [this.errors, this.rejects, this.latency, this.queueAge, this.deadLetters].filter(
      (alarm) => alarm !== undefined,
    );
  }

  #alarm({ id, what, metric, threshold }: Rule, props: BentoAlarmsProps): Alarm {
    const alarm = new Alarm(this, id, {
      metric,
      threshold,
      alarmDescription: what,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: props.evaluationMinutes ?? 3,
      // Where nothing was asked, nothing is wrong.
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    if (props.topic !== undefined) {
      const action = new SnsAction(props.topic);
      alarm.addAlarmAction(action);
      alarm.addOkAction(action);
    }
    // With none, older versions of the library write an empty list.
    if (props.actions !== undefined && props.actions.length > 0) {
      alarm.addAlarmAction(...props.actions);
    }
    return alarm;
  }

  #refuse({ maxErrorPercent, maxRejectPercent, evaluationMinutes }: BentoAlarmsProps): void {
    const problems = Object.entries({ maxErrorPercent, maxRejectPercent })
      .filter(
        ([, value]) => known(value) !== undefined && !(Number(value) >= 0 && Number(value) <= 100),
      )
      .map(([name, value]) => `${name} ${value}: 0 to 100 percent`);
    const minutes = known(evaluationMinutes);
    if (minutes !== undefined && !(Number.isInteger(minutes) && minutes >= 1)) {
      problems.push(`evaluationMinutes ${minutes}: a whole number from 1`);
    }
    if (problems.length > 0) {
      throw new BentoError("BENTO_INVALID_INPUT", problems.join("\n"), { where: this.node.path });
    }
  }
}

/** A share of all requests; those that were turned away need not be among them. */
function percent(parts: readonly IMetric[], requests: IMetric): MathExpression {
  const names = parts.map((_part, index) => `part${index}`);
  const sum = names.map((name) => `FILL(${name}, 0)`).join(" + ");
  return new MathExpression({
    expression: `100 * (${sum}) / MAX([requests, ${sum}])`,
    usingMetrics: {
      requests,
      ...Object.fromEntries(parts.map((part, index) => [`part${index}`, part])),
    },
    period: Duration.minutes(1),
    label: "percent",
  });
}

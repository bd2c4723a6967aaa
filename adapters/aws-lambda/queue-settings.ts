/**
 * The queue before a function, as the options ask for it: Lambda brings the messages in batches that are ready made.
 *
 * @module
 */
import type { BentoManifest } from "../../core/bento-manifest.ts";
import type { LambdaQueue } from "../../infra/lambda-spec.ts";
import type { AwsLambdaOptions } from "./options.ts";

const QUEUE_OPTIONS = ["queueWindowSeconds", "queueMaxConcurrency", "queueApi"] as const;

/** Lambda collects more messages than this only where it may wait. */
const MOST_WITHOUT_WINDOW = 10;

/** @returns undefined where no queue is asked for */
export function queueSettings(options: AwsLambdaOptions): LambdaQueue | undefined {
  const { queueBatchSize: batchSize, queueMaxConcurrency, queueApi } = options;
  if (batchSize === undefined) {
    return undefined;
  }
  return {
    batchSize,
    windowSeconds: options.queueWindowSeconds ?? (batchSize > MOST_WITHOUT_WINDOW ? 1 : 0),
    ...(queueMaxConcurrency === undefined ? {} : { maxConcurrency: queueMaxConcurrency }),
    ...(queueApi === undefined ? {} : { api: queueApi }),
  };
}

/** What the options break, one line each. */
export function queueProblems(options: AwsLambdaOptions, { apis }: BentoManifest): string[] {
  const queue = queueSettings(options);
  if (queue === undefined) {
    return QUEUE_OPTIONS.filter((name) => options[name] !== undefined).map(
      (name) => `${name} without queueBatchSize: that one makes the queue`,
    );
  }
  const problems = [
    ...outOfRange("queueBatchSize", queue.batchSize, [1, 10_000]),
    ...outOfRange("queueWindowSeconds", queue.windowSeconds, [0, 300]),
    ...outOfRange("queueMaxConcurrency", queue.maxConcurrency, [2, 1000]),
  ];
  if (queue.batchSize > MOST_WITHOUT_WINDOW && queue.windowSeconds === 0) {
    problems.push(`queueWindowSeconds 0: batches over ${MOST_WITHOUT_WINDOW} need 1 or more`);
  }
  const names = apis.map(({ name }) => name);
  if (queue.api !== undefined && !names.includes(queue.api)) {
    problems.push(`queueApi ${JSON.stringify(queue.api)}: the bento has ${names.join(", ")}`);
  }
  return problems;
}

function outOfRange(
  name: string,
  value: number | undefined,
  [least, most]: readonly [number, number],
): string[] {
  return value === undefined || (value >= least && value <= most)
    ? []
    : [`${name} ${value}: a whole number from ${least} to ${most}`];
}

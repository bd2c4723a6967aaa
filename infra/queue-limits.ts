/**
 * What an SQS queue in front of a function may be set to, as rules on plain numbers, shared by plans and constructs. Read
 * at https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-parameters.html, November 2026.
 *
 * @module
 */
import { outOfRange } from "./lambda-limits.ts";

export const QUEUE_LIMITS = {
  batchSize: { min: 1, max: 10_000 },
  /** Larger batches have to be waited for. */
  batchSizeWithoutWindow: 10,
  windowSeconds: { min: 0, max: 300 },
  maxConcurrency: { min: 2, max: 1000 },
  maxReceives: { min: 1, max: 1000 },
  retentionSeconds: { min: 60, max: 1_209_600 },
} as const;

/** What is checked; a value that is not known yet is left out. */
export interface QueueSettings {
  readonly batchSize?: number | undefined;
  readonly windowSeconds?: number | undefined;
  readonly maxConcurrency?: number | undefined;
  readonly maxReceives?: number | undefined;
  readonly retentionSeconds?: number | undefined;
  readonly isFifo?: boolean | undefined;
  /** How long a message that is at work stays hidden. */
  readonly visibilitySeconds?: number | undefined;
  /** Longest time of an event at work. */
  readonly timeoutSeconds?: number | undefined;
}

/**
 * How long a message has to stay hidden while the function may have it: six times its longest time, and the window.
 *
 * @returns seconds
 */
export function leastVisibilitySeconds(timeoutSeconds: number, windowSeconds: number): number {
  return 6 * timeoutSeconds + windowSeconds;
}

/** Every rule that the settings break, one line each. */
export function queueProblems(settings: QueueSettings): string[] {
  const { batchSize, windowSeconds } = settings;
  const seconds = { unit: "s" };
  const problems = [
    outOfRange("batch size", batchSize, QUEUE_LIMITS.batchSize),
    outOfRange("batch window", windowSeconds, { ...QUEUE_LIMITS.windowSeconds, ...seconds }),
    outOfRange("queue concurrency", settings.maxConcurrency, QUEUE_LIMITS.maxConcurrency),
    outOfRange("receives", settings.maxReceives, QUEUE_LIMITS.maxReceives),
    outOfRange("retention", settings.retentionSeconds, {
      ...QUEUE_LIMITS.retentionSeconds,
      ...seconds,
    }),
    visibilityProblems(settings),
  ].flat();
  const most = QUEUE_LIMITS.batchSizeWithoutWindow;
  if (batchSize === undefined || batchSize <= most) {
    return problems;
  }
  if (settings.isFifo === true) {
    problems.push(`batch size ${batchSize} of a FIFO queue: ${most} at most`);
  } else if (windowSeconds === 0) {
    problems.push(
      `batch size ${batchSize} without a window: ${most} at most, or a window from 1 s`,
    );
  }
  return problems;
}

function visibilityProblems(settings: QueueSettings): string[] {
  const { visibilitySeconds, timeoutSeconds, windowSeconds = 0 } = settings;
  if (visibilitySeconds === undefined || timeoutSeconds === undefined) {
    return [];
  }
  const least = leastVisibilitySeconds(timeoutSeconds, windowSeconds);
  return visibilitySeconds >= least
    ? []
    : [
        `visibility timeout ${visibilitySeconds} s of the queue: at least ${least} s, six timeouts of ${timeoutSeconds} s and the window`,
      ];
}

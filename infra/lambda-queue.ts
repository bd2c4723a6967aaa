/**
 * Puts a {@link BentoQueue} before a function: the queue where there is none yet, and the mapping that makes events of its
 * messages. The mapping asks for the messages that failed, or Lambda would take all of an event for done.
 *
 * @module
 */
import { Duration, Token } from "aws-cdk-lib";
import type { Grant, IRole } from "aws-cdk-lib/aws-iam";
import { type Alias, EventSourceMapping, type IFunction } from "aws-cdk-lib/aws-lambda";
import { CfnQueue, type IQueue, Queue, QueueEncryption } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import type { BentoQueue, OwnQueueProps, QueueChoice } from "./bento-queue.ts";
import { given } from "./given.ts";
import { known } from "./known.ts";
import { LAMBDA_LIMITS } from "./lambda-limits.ts";
import { leastVisibilitySeconds, QUEUE_LIMITS, queueProblems } from "./queue-limits.ts";

/** A function that takes messages, and what it takes them with. */
export interface QueueTarget {
  readonly alias: Alias;
  readonly role: IRole;
  readonly timeout: Duration;
}

export interface AttachedQueue {
  readonly queue: IQueue;
  /** Undefined where the queue was there already. */
  readonly deadLetterQueue: IQueue | undefined;
  readonly mapping: EventSourceMapping;
}

/** Children of `scope`: the mapping, and the queues where none are given. */
export function attachQueue(
  scope: Construct,
  { choice }: BentoQueue,
  target: QueueTarget,
): AttachedQueue {
  const deadLetterQueue = choice.kind === "own" ? makeDeadLetterQueue(scope, choice) : undefined;
  const queue =
    choice.kind === "own"
      ? makeQueue(scope, choice, { deadLetterQueue, timeout: target.timeout })
      : choice.queue;
  const batchWindow = windowOf(choice);
  const mapping = new EventSourceMapping(scope, "QueueEvents", {
    // Its base class writes `string | undefined` where the interface has an optional member.
    target: target.alias as IFunction,
    eventSourceArn: queue.queueArn,
    batchSize: batchSizeOf(choice),
    reportBatchItemFailures: true,
    ...given({
      maxBatchingWindow: isFifo(choice) ? undefined : batchWindow,
      maxConcurrency: choice.maxConcurrency,
    }),
  });
  grantConsume(queue, target.role).applyBefore(mapping);
  return { queue, deadLetterQueue, mapping };
}

/** One line each; none where Lambda and SQS take it. */
export function problemsOfQueue({ choice }: BentoQueue, timeout: Duration): string[] {
  const own = choice.kind === "own" ? choice : undefined;
  const problems = queueProblems({
    batchSize: known(batchSizeOf(choice)),
    windowSeconds: secondsOf(windowOf(choice)),
    maxConcurrency: known(choice.maxConcurrency),
    maxReceives: known(own?.maxReceives),
    retentionSeconds: secondsOf(own?.retention),
    isFifo: isFifo(choice),
    visibilitySeconds: visibilityOf(choice),
    timeoutSeconds: secondsOf(timeout),
  });
  return isFifo(choice) && choice.batchWindow !== undefined
    ? [...problems, "batchWindow of a FIFO queue: it has none"]
    : problems;
}

function isFifo(choice: QueueChoice): boolean {
  return choice.kind === "existing" && choice.queue.fifo;
}

function batchSizeOf(choice: QueueChoice): number {
  return choice.batchSize ?? (isFifo(choice) ? QUEUE_LIMITS.batchSizeWithoutWindow : 100);
}

function windowOf(choice: QueueChoice): Duration {
  const batchSize = batchSizeOf(choice);
  const isLarge = Token.isUnresolved(batchSize) || batchSize > QUEUE_LIMITS.batchSizeWithoutWindow;
  return choice.batchWindow ?? Duration.seconds(isLarge && !isFifo(choice) ? 1 : 0);
}

function secondsOf(duration: Duration | undefined): number | undefined {
  return duration === undefined || duration.isUnresolved()
    ? undefined
    : duration.toSeconds({ integral: false });
}

/** Of a queue of the same app, where it says so; SQS's own 30 s is what such a queue has else. */
function visibilityOf(choice: QueueChoice): number | undefined {
  const resource = choice.kind === "existing" ? choice.queue.node.defaultChild : undefined;
  return resource instanceof CfnQueue ? known(resource.visibilityTimeout ?? 30) : undefined;
}

/** Sorted, as some apps have it done: the template is the same in all. */
function grantConsume(queue: IQueue, role: IRole): Grant {
  const grant = queue.grant(
    role,
    "sqs:ChangeMessageVisibility",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sqs:GetQueueUrl",
    "sqs:ReceiveMessage",
  );
  const key = queue.encryptionMasterKey;
  return key === undefined ? grant : grant.combine(key.grantDecrypt(role));
}

function makeQueue(
  scope: Construct,
  props: OwnQueueProps,
  {
    deadLetterQueue,
    timeout,
  }: { readonly deadLetterQueue: IQueue | undefined; readonly timeout: Duration },
): Queue {
  const { max } = LAMBDA_LIMITS.managed.timeoutSeconds;
  const hidden = leastVisibilitySeconds(
    secondsOf(timeout) ?? max,
    secondsOf(windowOf({ ...props, kind: "own" })) ?? QUEUE_LIMITS.windowSeconds.max,
  );
  return new Queue(scope, "Queue", {
    ...encryptionOf(props),
    ...given({ queueName: props.queueName }),
    enforceSSL: true,
    visibilityTimeout: Duration.seconds(hidden),
    retentionPeriod: props.retention ?? Duration.days(4),
    ...(deadLetterQueue === undefined
      ? {}
      : { deadLetterQueue: { queue: deadLetterQueue, maxReceiveCount: props.maxReceives ?? 3 } }),
  });
}

function makeDeadLetterQueue(scope: Construct, props: OwnQueueProps): IQueue {
  return (
    props.deadLetterQueue ??
    new Queue(scope, "DeadLetters", {
      ...encryptionOf(props),
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    })
  );
}

function encryptionOf({ encryptionKey }: OwnQueueProps) {
  return encryptionKey === undefined
    ? { encryption: QueueEncryption.SQS_MANAGED }
    : { encryption: QueueEncryption.KMS, encryptionMasterKey: encryptionKey };
}

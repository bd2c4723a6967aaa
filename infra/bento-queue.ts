/**
 * A queue whose messages a bento takes in batches: one event is one tensor batch, on functions too that take one request
 * at a time. Data alone: `BentoLambda` makes it so.
 *
 * @module
 */
import type { Duration } from "aws-cdk-lib";
import type { IKey } from "aws-cdk-lib/aws-kms";
import type { IQueue } from "aws-cdk-lib/aws-sqs";

/** How messages become events. */
export interface QueueBatchProps {
  /**
   * Most messages in an event, 1 to 10,000, and 6 MB of them; 10 at most from a FIFO queue.
   * @default - 100, from a FIFO queue 10
   */
  readonly batchSize?: number;
  /**
   * Longest wait for an event to fill, whole seconds to 5 minutes; not for a FIFO queue.
   * @default - Duration.seconds(1) where more than 10 messages may come, otherwise none
   */
  readonly batchWindow?: Duration;
  /**
   * Most events at work at once, 2 to 1,000.
   * @default - as many as the function may run
   */
  readonly maxConcurrency?: number;
  /**
   * Api that messages are for where their attribute `api` does not say.
   * @default - the only one of the service
   */
  readonly api?: string;
}

export interface OwnQueueProps extends QueueBatchProps {
  /**
   * Name of the queue.
   * @default - CloudFormation makes one
   */
  readonly queueName?: string;
  /**
   * Encrypts messages.
   * @default - a key of SQS
   */
  readonly encryptionKey?: IKey;
  /**
   * Where messages go that failed.
   * @default - a queue of its own that keeps them for 14 days
   */
  readonly deadLetterQueue?: IQueue;
  /**
   * How often a message is tried before it goes there, 1 to 1,000.
   * @default 3
   */
  readonly maxReceives?: number;
  /**
   * How long a message waits at most, a minute to 14 days.
   * @default Duration.days(4)
   */
  readonly retention?: Duration;
}

/** Told apart by `kind`. */
export type QueueChoice =
  | ({ readonly kind: "own" } & OwnQueueProps)
  | ({ readonly kind: "existing"; readonly queue: IQueue } & QueueBatchProps);

export class BentoQueue {
  /** As it was given; checked by the construct that takes it. */
  readonly choice: QueueChoice;

  /**
   * A queue that is made beside the function: encrypted, over TLS alone, with a dead-letter queue, its messages hidden for
   * six times the function's timeout and the window.
   */
  static create(props: OwnQueueProps = {}): BentoQueue {
    return new BentoQueue({ ...props, kind: "own" });
  }

  /** A queue that is there already. Its visibility timeout has to be six times the function's timeout and the window. */
  static fromQueue(queue: IQueue, props: QueueBatchProps = {}): BentoQueue {
    return new BentoQueue({ ...props, kind: "existing", queue });
  }

  private constructor(choice: QueueChoice) {
    this.choice = choice;
  }
}

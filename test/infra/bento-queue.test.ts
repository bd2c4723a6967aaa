import { App, Duration, Lazy, Stack, Token } from "aws-cdk-lib";
import { Match, Template } from "aws-cdk-lib/assertions";
import { Key } from "aws-cdk-lib/aws-kms";
import { Queue } from "aws-cdk-lib/aws-sqs";
import { describe, expect, it } from "vitest";
import { BentoLambda } from "../../infra/bento-lambda.ts";
import { BentoQueue } from "../../infra/bento-queue.ts";
import { irisImage } from "../support/lambda-stack.ts";

function withQueue(make: (stack: Stack) => BentoQueue, timeout = Duration.seconds(30)) {
  const stack = new Stack(new App(), "Shop");
  const queue = make(stack);
  const bento = new BentoLambda(stack, "Iris", { image: irisImage(stack), timeout, queue });
  return { stack, bento, template: () => Template.fromStack(stack) };
}

const QUEUE_ARN = "arn:aws:sqs:eu-central-1:123456789012:jobs";

describe("BentoQueue.create", () => {
  it("makes an encrypted queue with dead letters, whose messages stay hidden long enough", () => {
    const { bento, template } = withQueue(() => BentoQueue.create());
    const made = template();
    made.hasResourceProperties("AWS::SQS::Queue", {
      SqsManagedSseEnabled: true,
      VisibilityTimeout: 6 * 30 + 1,
      MessageRetentionPeriod: 4 * 86_400,
      RedrivePolicy: {
        deadLetterTargetArn: { "Fn::GetAtt": ["IrisDeadLetters19E4AE6E", "Arn"] },
        maxReceiveCount: 3,
      },
    });
    made.hasResourceProperties("AWS::SQS::Queue", {
      SqsManagedSseEnabled: true,
      MessageRetentionPeriod: 14 * 86_400,
      RedrivePolicy: Match.absent(),
    });
    made.resourcePropertiesCountIs(
      "AWS::SQS::QueuePolicy",
      {
        PolicyDocument: {
          Statement: [
            Match.objectLike({
              Effect: "Deny",
              Condition: { Bool: { "aws:SecureTransport": "false" } },
            }),
          ],
        },
      },
      2,
    );
    expect([bento.queue, bento.deadLetterQueue, bento.queueEvents].includes(undefined)).toBe(false);
  });

  it("sends events to the alias, and asks for the messages that failed", () => {
    const { template } = withQueue(() => BentoQueue.create({ maxConcurrency: 4, api: "classify" }));
    const made = template();
    made.hasResourceProperties("AWS::Lambda::EventSourceMapping", {
      BatchSize: 100,
      MaximumBatchingWindowInSeconds: 1,
      FunctionResponseTypes: ["ReportBatchItemFailures"],
      ScalingConfig: { MaximumConcurrency: 4 },
      FunctionName: { "Fn::Join": ["", Match.arrayWith([":live"])] },
    });
    made.hasResourceProperties("AWS::Lambda::Function", {
      Environment: { Variables: { BENTO_SQS_API: "classify" } },
    });
  });

  it("lets the function take messages from its queue, and do nothing else with it", () => {
    withQueue(() => BentoQueue.create())
      .template()
      .hasResourceProperties("AWS::IAM::Policy", {
        PolicyDocument: {
          Statement: [
            Match.objectLike({ Action: ["logs:CreateLogStream", "logs:PutLogEvents"] }),
            {
              Effect: "Allow",
              Action: [
                "sqs:ChangeMessageVisibility",
                "sqs:DeleteMessage",
                "sqs:GetQueueAttributes",
                "sqs:GetQueueUrl",
                "sqs:ReceiveMessage",
              ],
              Resource: { "Fn::GetAtt": ["IrisQueue898C1FE9", "Arn"] },
            },
          ],
        },
      });
  });

  it("encrypts with a key, which the function may decrypt with", () => {
    const arn = "arn:aws:kms:eu-central-1:123456789012:key/0a1b2c3d-0000-4000-8000-000000000000";
    const made = withQueue((stack) =>
      BentoQueue.create({ encryptionKey: Key.fromKeyArn(stack, "Key", arn) }),
    ).template();
    made.allResourcesProperties("AWS::SQS::Queue", { KmsMasterKeyId: arn });
    made.hasResourceProperties("AWS::IAM::Policy", {
      PolicyDocument: {
        Statement: Match.arrayWith([{ Effect: "Allow", Action: "kms:Decrypt", Resource: arn }]),
      },
    });
  });

  it("takes dead letters to a queue that is there already", () => {
    const { bento, template } = withQueue((stack) =>
      BentoQueue.create({
        deadLetterQueue: Queue.fromQueueArn(stack, "Dead", QUEUE_ARN),
        maxReceives: 1,
      }),
    );
    template().resourceCountIs("AWS::SQS::Queue", 1);
    expect(bento.deadLetterQueue?.queueArn).toBe(QUEUE_ARN);
  });
});

describe("BentoQueue.fromQueue", () => {
  it("takes messages of a queue that is there already", () => {
    const { bento, template } = withQueue((stack) =>
      BentoQueue.fromQueue(Queue.fromQueueArn(stack, "Jobs", QUEUE_ARN), {
        batchSize: 500,
        batchWindow: Duration.seconds(5),
      }),
    );
    const made = template();
    made.resourceCountIs("AWS::SQS::Queue", 0);
    made.hasResourceProperties("AWS::Lambda::EventSourceMapping", {
      EventSourceArn: QUEUE_ARN,
      BatchSize: 500,
      MaximumBatchingWindowInSeconds: 5,
    });
    expect(bento.deadLetterQueue).toBe(undefined);
  });

  it("waits for nothing in a FIFO queue", () => {
    withQueue((stack) =>
      BentoQueue.fromQueue(Queue.fromQueueArn(stack, "Jobs", `${QUEUE_ARN}.fifo`)),
    )
      .template()
      .hasResourceProperties("AWS::Lambda::EventSourceMapping", {
        BatchSize: 10,
        MaximumBatchingWindowInSeconds: Match.absent(),
      });
  });

  it("leaves alone what CloudFormation computes", () => {
    const number = Token.asNumber(Lazy.any({ produce: () => ({ Ref: "Count" }) }));
    withQueue(
      (stack) =>
        BentoQueue.fromQueue(
          new Queue(stack, "Jobs", { visibilityTimeout: Duration.seconds(number) }),
          { batchSize: number, maxConcurrency: number, batchWindow: Duration.seconds(number) },
        ),
      Duration.seconds(number),
    );
  });
});

describe("BentoLambda with a queue", () => {
  it.each<[string, (stack: Stack) => BentoQueue, string]>([
    [
      "no batch",
      () => BentoQueue.create({ batchSize: 0 }),
      "batch size 0: a whole number from 1 to 10000",
    ],
    [
      "a large batch",
      () => BentoQueue.create({ batchSize: 10_001 }),
      "batch size 10001: a whole number from 1 to 10000",
    ],
    [
      "a long window",
      () => BentoQueue.create({ batchWindow: Duration.minutes(6) }),
      "batch window 360 s: a whole number from 0 to 300 s",
    ],
    [
      "a batch that nothing waits for",
      () => BentoQueue.create({ batchWindow: Duration.seconds(0) }),
      "batch size 100 without a window: 10 at most, or a window from 1 s",
    ],
    [
      "one event at a time",
      () => BentoQueue.create({ maxConcurrency: 1 }),
      "queue concurrency 1: a whole number from 2 to 1000",
    ],
    [
      "no receives and a short retention",
      () => BentoQueue.create({ maxReceives: 0, retention: Duration.seconds(1) }),
      "receives 0: a whole number from 1 to 1000\nretention 1 s: a whole number from 60 to 1209600 s",
    ],
    [
      "a large batch of a FIFO queue",
      (stack) =>
        BentoQueue.fromQueue(Queue.fromQueueArn(stack, "Jobs", `${QUEUE_ARN}.fifo`), {
          batchSize: 11,
          batchWindow: Duration.seconds(1),
        }),
      "batch size 11 of a FIFO queue: 10 at most\nbatchWindow of a FIFO queue: it has none",
    ],
    [
      "messages that come again too early",
      (stack) =>
        BentoQueue.fromQueue(
          new Queue(stack, "Jobs", { visibilityTimeout: Duration.seconds(180) }),
        ),
      "visibility timeout 180 s of the queue: at least 181 s, six timeouts of 30 s and the window",
    ],
    [
      "a queue that says nothing of it",
      (stack) => BentoQueue.fromQueue(new Queue(stack, "Jobs")),
      "visibility timeout 30 s of the queue: at least 181 s, six timeouts of 30 s and the window",
    ],
  ])("fails with %s", (_what, make, message) => {
    expect(() => withQueue(make)).toThrow(
      expect.objectContaining({ code: "BENTO_INVALID_INPUT", where: "Shop/Iris", message }),
    );
  });
});

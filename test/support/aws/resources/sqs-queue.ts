/**
 * AWS::SQS::Queue and its policy.
 *
 * @module
 */
import type { Members } from "../aws-call.ts";
import { isTrue, textOf, textsOf } from "../members.ts";
import { ignoreMissing } from "./ignore-missing.ts";
import type { ResourceProvider } from "./resource-provider.ts";

export const sqsQueue: ResourceProvider = {
  type: "AWS::SQS::Queue",
  replacedBy: ["QueueName", "FifoQueue"],
  async create(properties, context) {
    const suffix = isTrue(properties, "FifoQueue") ? ".fifo" : "";
    const name = textOf(properties, "QueueName") ?? context.uniqueName(75) + suffix;
    const Attributes = attributesOf(properties);
    const { QueueUrl: url } = await context.call("sqs", "CreateQueue", {
      QueueName: name,
      Attributes,
    });
    const arn = `arn:${context.partition}:sqs:${context.region}:${context.account}:${name}`;
    return {
      physicalId: String(url),
      attributes: { Arn: arn, QueueName: name, QueueUrl: url },
    };
  },
  async update(existing, properties, { call }) {
    const Attributes = attributesOf(properties);
    await call("sqs", "SetQueueAttributes", { QueueUrl: existing.physicalId, Attributes });
    return existing;
  },
  async delete({ physicalId }, { call }) {
    await ignoreMissing(call("sqs", "DeleteQueue", { QueueUrl: physicalId }));
  },
};

export const sqsQueuePolicy: ResourceProvider = {
  type: "AWS::SQS::QueuePolicy",
  replacedBy: [],
  async create(properties, context) {
    await putPolicy(properties, context.call);
    return { physicalId: context.uniqueName(), attributes: {} };
  },
  async update(existing, properties, { call }) {
    await putPolicy(properties, call);
    return existing;
  },
  async delete({ properties }, { call }) {
    for (const QueueUrl of textsOf(properties, "Queues")) {
      const Attributes = { Policy: "" };
      await ignoreMissing(call("sqs", "SetQueueAttributes", { QueueUrl, Attributes }));
    }
  },
};

async function putPolicy(
  properties: Members,
  call: (service: string, action: string, parameters: Members) => Promise<Members>,
): Promise<void> {
  for (const QueueUrl of textsOf(properties, "Queues")) {
    const Attributes = { Policy: JSON.stringify(properties["PolicyDocument"]) };
    await call("sqs", "SetQueueAttributes", { QueueUrl, Attributes });
  }
}

const NAMES = [
  "VisibilityTimeout",
  "MessageRetentionPeriod",
  "ReceiveMessageWaitTimeSeconds",
  "MaximumMessageSize",
  "DelaySeconds",
  "FifoQueue",
  "ContentBasedDeduplication",
  "RedrivePolicy",
  "SqsManagedSseEnabled",
  "KmsMasterKeyId",
];

function attributesOf(properties: Members): Members {
  const given = NAMES.filter((name) => properties[name] !== undefined);
  return Object.fromEntries(
    given.map((name) => {
      const value = properties[name];
      return [name, typeof value === "object" ? JSON.stringify(value) : String(value)];
    }),
  );
}

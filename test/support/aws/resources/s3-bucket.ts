/**
 * AWS::S3::Bucket and its policy. They are names alone: no test reads objects by the buckets of a stack.
 *
 * @module
 */
import { textOf } from "../members.ts";
import type { ResourceProvider } from "./resource-provider.ts";

export const s3Bucket: ResourceProvider = {
  type: "AWS::S3::Bucket",
  replacedBy: ["BucketName"],
  isTagged: true,
  async create(properties, context) {
    const name = textOf(properties, "BucketName") ?? context.uniqueName(63).toLowerCase();
    const { partition, region } = context;
    return {
      physicalId: name,
      attributes: {
        Arn: `arn:${partition}:s3:::${name}`,
        DomainName: `${name}.s3.amazonaws.com`,
        RegionalDomainName: `${name}.s3.${region}.amazonaws.com`,
      },
    };
  },
  async update(existing) {
    return existing;
  },
  async delete() {},
};

export const s3BucketPolicy: ResourceProvider = {
  type: "AWS::S3::BucketPolicy",
  replacedBy: ["Bucket"],
  async create(properties) {
    return { physicalId: textOf(properties, "Bucket") ?? "", attributes: {} };
  },
  async update(existing) {
    return existing;
  },
  async delete() {},
};

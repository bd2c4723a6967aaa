/**
 * AWS::Logs::LogGroup.
 *
 * @module
 */
import type { Members } from "../aws-call.ts";
import { compact, tagsOf, textOf } from "../members.ts";
import { ignoreMissing } from "./ignore-missing.ts";
import type { ResourceContext, ResourceProvider } from "./resource-provider.ts";

export const logGroup: ResourceProvider = {
  type: "AWS::Logs::LogGroup",
  replacedBy: ["LogGroupName"],
  isTagged: true,
  async create(properties, context) {
    const name = textOf(properties, "LogGroupName") ?? context.uniqueName(512);
    await context.call(
      "logs",
      "CreateLogGroup",
      compact({
        logGroupName: name,
        kmsKeyId: properties["KmsKeyId"],
        tags: tagsOf(properties),
      }),
    );
    await retain(name, properties, context);
    // the handler of the type looks at what it made
    await context.call("logs", "DescribeLogGroups", { logGroupNamePrefix: name });
    const { partition, region, account } = context;
    const arn = `arn:${partition}:logs:${region}:${account}:log-group:${name}:*`;
    return { physicalId: name, attributes: { Arn: arn } };
  },
  async update(existing, properties, context) {
    await retain(existing.physicalId, properties, context);
    return existing;
  },
  async delete({ physicalId }, { call }) {
    await ignoreMissing(call("logs", "DeleteLogGroup", { logGroupName: physicalId }));
  },
};

async function retain(name: string, properties: Members, { call }: ResourceContext): Promise<void> {
  const days = properties["RetentionInDays"];
  if (days !== undefined) {
    await call("logs", "PutRetentionPolicy", {
      logGroupName: name,
      retentionInDays: Number(days),
    });
  }
}

/**
 * AWS::Lambda::Permission: a statement of a function's resource policy.
 *
 * @module
 */
import { ignoreMissing } from "./ignore-missing.ts";
import { functionNameOf } from "./lambda-function.ts";
import type { ResourceProvider } from "./resource-provider.ts";

export const lambdaPermission: ResourceProvider = {
  type: "AWS::Lambda::Permission",
  replacedBy: [
    "Action",
    "FunctionName",
    "FunctionUrlAuthType",
    "InvokedViaFunctionUrl",
    "Principal",
    "SourceAccount",
    "SourceArn",
  ],
  async create(properties, context) {
    const id = context.uniqueName(100);
    await context.call("lambda", "AddPermission", {
      ...properties,
      FunctionName: functionNameOf(properties),
      StatementId: id,
    });
    return { physicalId: id, attributes: { Id: id } };
  },
  async update(existing) {
    return existing;
  },
  async delete({ physicalId, properties }, { call }) {
    const FunctionName = functionNameOf(properties);
    await ignoreMissing(
      call("lambda", "RemovePermission", { FunctionName, StatementId: physicalId }),
    );
  },
};

/**
 * AWS::Lambda::Url.
 *
 * @module
 */
import type { Members } from "../aws-call.ts";
import { compact, needText, textOf } from "../members.ts";
import { ignoreMissing } from "./ignore-missing.ts";
import type { ResourceProvider } from "./resource-provider.ts";

export const lambdaUrl: ResourceProvider = {
  type: "AWS::Lambda::Url",
  replacedBy: ["TargetFunctionArn", "Qualifier"],
  async create(properties, { call }) {
    const made = await call("lambda", "CreateFunctionUrlConfig", settingsOf(properties));
    const arn = String(made["FunctionArn"]);
    const attributes = { FunctionArn: arn, FunctionUrl: made["FunctionUrl"] };
    return { physicalId: arn, attributes };
  },
  async update(existing, properties, { call }) {
    await call("lambda", "UpdateFunctionUrlConfig", settingsOf(properties));
    return existing;
  },
  async delete({ properties }, { call }) {
    await ignoreMissing(call("lambda", "DeleteFunctionUrlConfig", settingsOf(properties)));
  },
};

function settingsOf(properties: Members): Members {
  return compact({
    FunctionName: needText(properties, "TargetFunctionArn"),
    Qualifier: textOf(properties, "Qualifier"),
    AuthType: properties["AuthType"],
    InvokeMode: properties["InvokeMode"],
    Cors: properties["Cors"],
  });
}

/**
 * AWS::Lambda::Version: published once, never changed.
 *
 * @module
 */
import { AwsFailure } from "../aws-call.ts";
import { compact } from "../members.ts";
import { ignoreMissing } from "./ignore-missing.ts";
import { functionNameOf } from "./lambda-function.ts";
import type { ResourceProvider } from "./resource-provider.ts";

export const lambdaVersion: ResourceProvider = {
  type: "AWS::Lambda::Version",
  replacedBy: ["FunctionName", "Description", "CodeSha256", "RuntimePolicy"],
  async create(properties, { call }) {
    const published = await call(
      "lambda",
      "PublishVersion",
      compact({
        FunctionName: functionNameOf(properties),
        Description: properties["Description"],
        CodeSha256: properties["CodeSha256"],
      }),
    );
    const version = String(published["Version"]);
    const arn = String(published["FunctionArn"]);
    for (let polls = 0; polls < 20; polls += 1) {
      const found = await call("lambda", "GetFunctionConfiguration", { FunctionName: arn });
      if (found["State"] === "Active") {
        return { physicalId: arn, attributes: { Version: version, FunctionArn: arn } };
      }
    }
    throw new AwsFailure("NotStabilized", `version ${version} did not become active`);
  },
  async update(existing) {
    return existing;
  },
  async delete({ physicalId }, { call }) {
    await ignoreMissing(call("lambda", "DeleteFunction", { FunctionName: physicalId }));
  },
};

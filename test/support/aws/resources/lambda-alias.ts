/**
 * AWS::Lambda::Alias.
 *
 * @module
 */
import type { Members } from "../aws-call.ts";
import { asMembers, compact, listOf, membersOf, needText, textOf } from "../members.ts";
import { ignoreMissing } from "./ignore-missing.ts";
import { functionNameOf } from "./lambda-function.ts";
import type { ResourceProvider } from "./resource-provider.ts";

export const lambdaAlias: ResourceProvider = {
  type: "AWS::Lambda::Alias",
  replacedBy: ["FunctionName", "Name"],
  async create(properties, { call }) {
    const made = await call("lambda", "CreateAlias", aliasOf(properties));
    const arn = String(made["AliasArn"]);
    return { physicalId: arn, attributes: { AliasArn: arn } };
  },
  async update(existing, properties, { call }) {
    await call("lambda", "UpdateAlias", aliasOf(properties));
    return existing;
  },
  async delete({ properties }, { call }) {
    const { FunctionName, Name } = aliasOf(properties);
    await ignoreMissing(call("lambda", "DeleteAlias", { FunctionName, Name }));
  },
};

function aliasOf(properties: Members): Members {
  const weights = listOf(membersOf(properties, "RoutingConfig"), "AdditionalVersionWeights");
  return compact({
    FunctionName: functionNameOf(properties),
    Name: needText(properties, "Name"),
    FunctionVersion: needText(properties, "FunctionVersion"),
    Description: textOf(properties, "Description"),
    RoutingConfig: {
      AdditionalVersionWeights: Object.fromEntries(
        weights
          .map(asMembers)
          .map((weight) => [needText(weight, "FunctionVersion"), Number(weight["FunctionWeight"])]),
      ),
    },
  });
}

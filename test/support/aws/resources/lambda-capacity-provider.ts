/**
 * AWS::Lambda::CapacityProvider.
 *
 * @module
 */
import { textOf } from "../members.ts";
import { ignoreMissing } from "./ignore-missing.ts";
import type { ResourceProvider } from "./resource-provider.ts";

export const lambdaCapacityProvider: ResourceProvider = {
  type: "AWS::Lambda::CapacityProvider",
  replacedBy: [
    "CapacityProviderName",
    "InstanceRequirements",
    "KmsKeyArn",
    "PermissionsConfig",
    "VpcConfig",
  ],
  async create(properties, context) {
    const name = textOf(properties, "CapacityProviderName") ?? context.uniqueName();
    const { Tags: _, ...settings } = properties;
    await context.call("lambda", "CreateCapacityProvider", {
      ...settings,
      CapacityProviderName: name,
    });
    const arn = `arn:${context.partition}:lambda:${context.region}:${context.account}:capacity-provider:${name}`;
    return { physicalId: name, attributes: { Arn: arn, State: "Active" } };
  },
  async update(existing, { CapacityProviderScalingConfig }, { call }) {
    await call("lambda", "UpdateCapacityProvider", {
      CapacityProviderName: existing.physicalId,
      CapacityProviderScalingConfig,
    });
    return existing;
  },
  async delete({ physicalId: CapacityProviderName }, { call }) {
    await ignoreMissing(call("lambda", "DeleteCapacityProvider", { CapacityProviderName }));
  },
};

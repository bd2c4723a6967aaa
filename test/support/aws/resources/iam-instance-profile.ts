/**
 * AWS::IAM::InstanceProfile, with its role.
 *
 * @module
 */
import type { Members } from "../aws-call.ts";
import { textOf, textsOf } from "../members.ts";
import { ignoreMissing } from "./ignore-missing.ts";
import type { ResourceContext, ResourceProvider } from "./resource-provider.ts";

export const iamInstanceProfile: ResourceProvider = {
  type: "AWS::IAM::InstanceProfile",
  replacedBy: ["InstanceProfileName", "Path"],
  async create(properties, context) {
    const name = textOf(properties, "InstanceProfileName") ?? context.uniqueName(128);
    await context.call("iam", "CreateInstanceProfile", { InstanceProfileName: name });
    await eachRole("AddRoleToInstanceProfile", name, properties, context);
    await context.call("iam", "GetInstanceProfile", { InstanceProfileName: name });
    const { partition, account } = context;
    return {
      physicalId: name,
      attributes: { Arn: `arn:${partition}:iam::${account}:instance-profile/${name}` },
    };
  },
  update: async (existing) => existing,
  async delete({ physicalId, properties }, context) {
    await eachRole("RemoveRoleFromInstanceProfile", physicalId, properties, context);
    await ignoreMissing(
      context.call("iam", "DeleteInstanceProfile", { InstanceProfileName: physicalId }),
    );
  },
};

async function eachRole(
  action: string,
  name: string,
  properties: Members,
  { call }: ResourceContext,
): Promise<void> {
  for (const role of textsOf(properties, "Roles")) {
    await ignoreMissing(call("iam", action, { InstanceProfileName: name, RoleName: role }));
  }
}

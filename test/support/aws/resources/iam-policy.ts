/**
 * AWS::IAM::Policy and AWS::IAM::ManagedPolicy, on roles.
 *
 * @module
 */
import type { Members } from "../aws-call.ts";
import { compact, needText, textOf, textsOf } from "../members.ts";
import { xmlValue } from "../moto.ts";
import { ignoreMissing } from "./ignore-missing.ts";
import type { ResourceContext, ResourceProvider } from "./resource-provider.ts";

export const iamPolicy: ResourceProvider = {
  type: "AWS::IAM::Policy",
  replacedBy: ["PolicyName"],
  async create(properties, context) {
    await putOnRoles(properties, context);
    return { physicalId: context.uniqueName(), attributes: {} };
  },
  async update(existing, properties, context) {
    await putOnRoles(properties, context);
    const kept = textsOf(properties, "Roles");
    const gone = textsOf(existing.properties, "Roles").filter((role) => !kept.includes(role));
    await takeFrom(gone, properties, context);
    return existing;
  },
  async delete({ properties }, context) {
    await takeFrom(textsOf(properties, "Roles"), properties, context);
  },
};

async function putOnRoles(properties: Members, { call }: ResourceContext): Promise<void> {
  for (const role of textsOf(properties, "Roles")) {
    await call("iam", "PutRolePolicy", {
      RoleName: role,
      PolicyName: needText(properties, "PolicyName"),
      PolicyDocument: JSON.stringify(properties["PolicyDocument"]),
    });
  }
}

async function takeFrom(
  roles: readonly string[],
  properties: Members,
  { call }: ResourceContext,
): Promise<void> {
  const PolicyName = needText(properties, "PolicyName");
  for (const role of roles) {
    await ignoreMissing(call("iam", "DeleteRolePolicy", { RoleName: role, PolicyName }));
  }
}

export const iamManagedPolicy: ResourceProvider = {
  type: "AWS::IAM::ManagedPolicy",
  replacedBy: ["ManagedPolicyName", "Path", "Description"],
  async create(properties, context) {
    const made = await context.call(
      "iam",
      "CreatePolicy",
      compact({
        PolicyName: textOf(properties, "ManagedPolicyName") ?? context.uniqueName(),
        Path: properties["Path"],
        Description: properties["Description"],
        PolicyDocument: JSON.stringify(properties["PolicyDocument"]),
      }),
    );
    const arn = xmlValue(made, "Arn");
    for (const role of textsOf(properties, "Roles")) {
      await context.call("iam", "AttachRolePolicy", { RoleName: role, PolicyArn: arn });
    }
    return { physicalId: arn, attributes: { PolicyArn: arn } };
  },
  async update(existing, properties, { call }) {
    await call("iam", "CreatePolicyVersion", {
      PolicyArn: existing.physicalId,
      PolicyDocument: JSON.stringify(properties["PolicyDocument"]),
      SetAsDefault: true,
    });
    return existing;
  },
  async delete({ physicalId, properties }, { call }) {
    for (const role of textsOf(properties, "Roles")) {
      await ignoreMissing(
        call("iam", "DetachRolePolicy", { RoleName: role, PolicyArn: physicalId }),
      );
    }
    await ignoreMissing(call("iam", "DeletePolicy", { PolicyArn: physicalId }));
  },
};

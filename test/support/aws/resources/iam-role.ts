/**
 * AWS::IAM::Role, with its policies.
 *
 * @module
 */
import type { Members } from "../aws-call.ts";
import { asMembers, compact, listOf, needText, textOf, textsOf } from "../members.ts";
import { xmlValue } from "../moto.ts";
import { ignoreMissing } from "./ignore-missing.ts";
import type { ResourceContext, ResourceProvider } from "./resource-provider.ts";

export const iamRole: ResourceProvider = {
  type: "AWS::IAM::Role",
  replacedBy: ["RoleName", "Path"],
  isTagged: true,
  async create(properties, context) {
    const name = textOf(properties, "RoleName") ?? context.uniqueName();
    const made = await context.call(
      "iam",
      "CreateRole",
      compact({
        RoleName: name,
        Path: properties["Path"],
        Description: properties["Description"],
        AssumeRolePolicyDocument: JSON.stringify(properties["AssumeRolePolicyDocument"]),
        PermissionsBoundary: properties["PermissionsBoundary"],
        MaxSessionDuration: properties["MaxSessionDuration"],
        Tags: properties["Tags"],
      }),
    );
    await putPolicies(name, {}, properties, context);
    // the handler of the type looks at what it made
    await context.call("iam", "GetRole", { RoleName: name });
    return {
      physicalId: name,
      attributes: { Arn: xmlValue(made, "Arn"), RoleId: xmlValue(made, "RoleId") },
    };
  },
  async update(existing, properties, context) {
    const { physicalId, properties: before } = existing;
    const trust = JSON.stringify(properties["AssumeRolePolicyDocument"]);
    if (trust !== JSON.stringify(before["AssumeRolePolicyDocument"])) {
      const parameters = { RoleName: physicalId, PolicyDocument: trust };
      await context.call("iam", "UpdateAssumeRolePolicy", parameters);
    }
    await putPolicies(physicalId, before, properties, context);
    return existing;
  },
  async delete({ physicalId, properties }, context) {
    await putPolicies(physicalId, properties, {}, context);
    await ignoreMissing(context.call("iam", "DeleteRole", { RoleName: physicalId }));
  },
};

async function putPolicies(
  name: string,
  before: Members,
  after: Members,
  { call }: ResourceContext,
): Promise<void> {
  const [old, arns] = [textsOf(before, "ManagedPolicyArns"), textsOf(after, "ManagedPolicyArns")];
  for (const arn of arns.filter((one) => !old.includes(one))) {
    await call("iam", "AttachRolePolicy", { RoleName: name, PolicyArn: arn });
  }
  for (const arn of old.filter((one) => !arns.includes(one))) {
    await ignoreMissing(call("iam", "DetachRolePolicy", { RoleName: name, PolicyArn: arn }));
  }
  const [was, is] = [inline(before), inline(after)];
  for (const [policy, document] of is) {
    if (was.get(policy) !== document) {
      const parameters = { RoleName: name, PolicyName: policy, PolicyDocument: document };
      await call("iam", "PutRolePolicy", parameters);
    }
  }
  for (const policy of [...was.keys()].filter((one) => !is.has(one))) {
    await ignoreMissing(call("iam", "DeleteRolePolicy", { RoleName: name, PolicyName: policy }));
  }
}

function inline(properties: Members): Map<string, string> {
  return new Map(
    listOf(properties, "Policies")
      .map(asMembers)
      .map((policy) => [needText(policy, "PolicyName"), JSON.stringify(policy["PolicyDocument"])]),
  );
}

/**
 * What calls of IAM need: actions on a role see the boundary that the role has or is to have.
 *
 * @module
 */
import type { Members } from "../aws-call.ts";
import { listOf, textOf } from "../members.ts";
import { xmlValue } from "../moto.ts";
import type { PolicyWorld } from "./authorize.ts";
import type { Permission } from "./evaluate.ts";
import type { Requirements } from "./required-permissions.ts";

export const iamRequirements: Requirements = async ({ action, parameters }, world) => {
  const prefix = `arn:aws:iam::${world.account}:`;
  const role = textOf(parameters, "RoleName");
  const path = textOf(parameters, "Path") ?? "/";
  const profile = textOf(parameters, "InstanceProfileName");
  if (profile !== undefined) {
    const resource = `${prefix}instance-profile${path}${profile}`;
    const passed = action === "AddRoleToInstanceProfile" ? passedToInstances(prefix, role) : [];
    return [{ action: `iam:${action}`, resource, context: {} }, ...passed];
  }
  if (role !== undefined) {
    const resource = `${prefix}role${action === "CreateRole" ? path : "/"}${role}`;
    const boundary = await boundaryOf(action, parameters, { role, world });
    const policy = textOf(parameters, "PolicyArn");
    const context = {
      ...(boundary === undefined ? {} : { "iam:PermissionsBoundary": boundary }),
      ...(policy === undefined ? {} : { "iam:PolicyARN": policy }),
    };
    const main: Permission = { action: `iam:${action}`, resource, context };
    const isTagged = action === "CreateRole" && listOf(parameters, "Tags").length > 0;
    return isTagged ? [main, { action: "iam:TagRole", resource, context: {} }] : [main];
  }
  const arn = textOf(parameters, "PolicyArn");
  const name = textOf(parameters, "PolicyName");
  const resource = arn ?? (name === undefined ? "*" : `${prefix}policy${path}${name}`);
  return [{ action: `iam:${action}`, resource, context: {} }];
};

function passedToInstances(prefix: string, role = ""): Permission[] {
  return [
    {
      action: "iam:PassRole",
      resource: `${prefix}role/${role}`,
      context: { "iam:PassedToService": "ec2.amazonaws.com" },
    },
  ];
}

async function boundaryOf(
  action: string,
  parameters: Members,
  { role, world }: { role: string; world: PolicyWorld },
): Promise<string | undefined> {
  if (action === "CreateRole" || action === "PutRolePermissionsBoundary") {
    return textOf(parameters, "PermissionsBoundary");
  }
  const found = await world.ask("iam", "GetRole", { RoleName: role }).catch(() => undefined);
  const arn = found === undefined ? "" : xmlValue(found, "PermissionsBoundaryArn");
  return arn === "" ? undefined : arn;
}

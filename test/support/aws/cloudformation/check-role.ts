/**
 * A service role must exist: CloudFormation cannot be made to use one that nobody created.
 *
 * @module
 */
import type { Members } from "../aws-call.ts";
import { textOf } from "../members.ts";
import type { StackWorld } from "./stack-world.ts";
import { invalid } from "./template.ts";

/** @throws AwsFailure ValidationError for a role that is not there */
export async function checkRole(parameters: Members, { dispatcher }: StackWorld): Promise<void> {
  const arn = textOf(parameters, "RoleARN");
  if (arn === undefined) {
    return;
  }
  const name = arn.split("/").at(-1) ?? "";
  const anyone = dispatcher.as({ accessKeyId: "", arn: "", userId: "" }, "");
  await anyone.call("iam", "GetRole", { RoleName: name }).catch(() => {
    throw invalid(`Role ${arn} is invalid or cannot be assumed`);
  });
}

/**
 * Whether the stacks of a deployment take a deploy, and whether its repository is there.
 *
 * @module
 */
import type { Finding } from "../../adapter.ts";
import { readRepository } from "../ecr.ts";
import type { AwsSession } from "../session.ts";
import { stackState } from "../stack-state.ts";
import { readStack } from "../stacks.ts";
import { fine, looked, problem, warning } from "./findings.ts";

export async function checkStack(session: AwsSession, stackName: string): Promise<Finding> {
  const check = `stack ${stackName}`;
  return await looked({ check, action: "cloudformation:DescribeStacks" }, async () => {
    const stack = await readStack(session, stackName);
    const status = stack?.status ?? "not there";
    switch (stackState(stack?.status)) {
      case "absent":
        return fine(check, "not there yet: a deploy makes it");
      case "standing":
        return fine(check, status);
      case "busy":
        return warning(check, status, "a deploy waits until CloudFormation is done with it");
      case "unborn":
        return warning(check, status, "a deploy deletes it and makes it anew, and says so before");
      case "stuck":
        return problem(
          check,
          `${status}${stack?.statusReason === undefined ? "" : `: ${stack.statusReason}`}`,
          `look: aws cloudformation describe-stack-events --stack-name ${stackName} --region ${session.region}`,
        );
    }
  });
}

export async function checkRepository(session: AwsSession, name: string): Promise<Finding> {
  const check = `repository ${name}`;
  return await looked({ check, action: "ecr:DescribeRepositories" }, async () => {
    const found = await readRepository(session, name);
    if (found === undefined) {
      return fine(check, "not there yet: a deploy makes it");
    }
    return found.isImmutable
      ? fine(check, found.uri)
      : warning(
          check,
          `${found.uri}: its tags can move`,
          "make its tags immutable, so that a version is what it was",
        );
  });
}

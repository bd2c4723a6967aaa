/**
 * Whether the roles and policies that an environment names are there, and trusted to whom they are for.
 *
 * @module
 */
import { BentoError } from "../../../core/bento-error.ts";
import type { Finding } from "../../adapter.ts";
import { awsCall } from "../aws-error.ts";
import type { AwsSession } from "../session.ts";
import { fine, looked, problem } from "./findings.ts";

export async function checkBoundary(session: AwsSession, arn: string): Promise<Finding> {
  const check = "permissionsBoundary";
  return await looked({ check, action: "iam:GetPolicy" }, async () => {
    const client = await session.iam();
    const request = { action: "iam:GetPolicy", resource: arn };
    await found(check, arn, () =>
      awsCall(session, request, (call) => client.getPolicy({ PolicyArn: arn }, call)),
    );
    return fine(check, arn);
  });
}

export interface RoleCheck {
  /** The option that names it. */
  readonly option: string;
  readonly arn: string;
  /** Who takes it on, e.g. `lambda.amazonaws.com`. */
  readonly service: string;
}

export async function checkRole(
  session: AwsSession,
  { option, arn, service }: RoleCheck,
): Promise<Finding> {
  return await looked({ check: option, action: "iam:GetRole" }, async () => {
    const client = await session.iam();
    const request = { action: "iam:GetRole", resource: arn };
    const answer = await found(option, arn, () =>
      awsCall(session, request, (call) =>
        client.getRole({ RoleName: arn.slice(arn.lastIndexOf("/") + 1) }, call),
      ),
    );
    const trust = decodeURIComponent(answer.Role?.AssumeRolePolicyDocument ?? "");
    return trust.includes(service)
      ? fine(option, arn)
      : problem(
          option,
          `${arn} is not trusted to ${service}`,
          `let the role's trust policy name the service ${service}`,
        );
  });
}

async function found<Answer>(
  what: string,
  arn: string,
  ask: () => Promise<Answer>,
): Promise<Answer> {
  try {
    return await ask();
  } catch (error) {
    if (!BentoError.isInstance(error) || error.code !== "BENTO_NOT_FOUND") {
      throw error;
    }
    throw new BentoError("BENTO_NOT_FOUND", `${arn} is not there`, {
      where: arn,
      hint: `make it, or mend ${what} in bentofile.yaml's environment`,
      cause: error,
    });
  }
}

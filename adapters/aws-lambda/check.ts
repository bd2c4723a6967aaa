/**
 * Whether a deploy to AWS Lambda could go through. Reads only.
 *
 * @module
 */
import { BentoError } from "../../core/bento-error.ts";
import type { DeployContext, Finding } from "../adapter.ts";
import { awsCall } from "../aws/aws-error.ts";
import { checkAws } from "../aws/check/check-aws.ts";
import { fine, looked, problem, warning } from "../aws/check/findings.ts";
import type { AwsSession } from "../aws/session.ts";
import { accessOf, lambdaDeployPolicy } from "./access.ts";
import { AwsLambdaOptions } from "./options.ts";
import { AWS_LAMBDA } from "./target.ts";

/** Lambda keeps so many for functions without a share of their own. */
const UNRESERVED = 100;
const USUAL_CONCURRENCY = 1000;

export async function* checkLambda(
  context: DeployContext,
): AsyncGenerator<Finding, void, undefined> {
  const options = AwsLambdaOptions.parse(context.options ?? {});
  const { name } = context;
  yield* checkAws(
    {
      platform: AWS_LAMBDA,
      account: options.account,
      region: options.region,
      needs(session) {
        const access = accessOf({ name, bento: name, options }, session);
        const { registryStack, serviceStack, repository } = access;
        return {
          stacks: [registryStack, serviceStack],
          repository,
          policy: lambdaDeployPolicy(access),
        };
      },
      own: (session) => [
        checkConcurrency(session, options),
        ...(options.permissionsBoundary === undefined
          ? []
          : [checkBoundary(session, options.permissionsBoundary)]),
        ...(options.role === undefined ? [] : [checkRole(session, options.role)]),
      ],
    },
    context,
  );
}

/** How many requests at once the account has left. */
async function checkConcurrency(
  session: AwsSession,
  { reservedConcurrency = 0 }: AwsLambdaOptions,
): Promise<Finding> {
  const check = "concurrency";
  const action = "lambda:GetAccountSettings";
  return await looked({ check, action }, async () => {
    const client = await session.lambda();
    const { AccountLimit } = await awsCall(session, { action }, (call) =>
      client.getAccountSettings({}, call),
    );
    const limit = AccountLimit?.ConcurrentExecutions ?? 0;
    const free = AccountLimit?.UnreservedConcurrentExecutions ?? limit;
    const summary = `${limit} requests at once in this region, ${free} of them not reserved`;
    const hint = `ask for more: aws service-quotas request-service-quota-increase --service-code lambda --quota-code L-B99A9384 --desired-value ${USUAL_CONCURRENCY} --region ${session.region}`;
    if (reservedConcurrency > 0 && reservedConcurrency > free - UNRESERVED) {
      return problem(
        check,
        `${summary}: reservedConcurrency ${reservedConcurrency} would leave fewer than ${UNRESERVED}`,
        `set it to ${Math.max(0, free - UNRESERVED)} at most, or ${hint}`,
      );
    }
    return limit < USUAL_CONCURRENCY ? warning(check, summary, hint) : fine(check, summary);
  });
}

async function checkBoundary(session: AwsSession, arn: string): Promise<Finding> {
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

async function checkRole(session: AwsSession, arn: string): Promise<Finding> {
  const check = "role";
  return await looked({ check, action: "iam:GetRole" }, async () => {
    const client = await session.iam();
    const request = { action: "iam:GetRole", resource: arn };
    const answer = await found(check, arn, () =>
      awsCall(session, request, (call) =>
        client.getRole({ RoleName: arn.slice(arn.lastIndexOf("/") + 1) }, call),
      ),
    );
    const trust = decodeURIComponent(answer.Role?.AssumeRolePolicyDocument ?? "");
    return trust.includes("lambda.amazonaws.com")
      ? fine(check, arn)
      : problem(
          check,
          `${arn} is not trusted to lambda.amazonaws.com`,
          "let the role's trust policy name the service lambda.amazonaws.com",
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

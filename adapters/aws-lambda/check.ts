/**
 * Whether a deploy to AWS Lambda could go through. Reads only.
 *
 * @module
 */
import type { DeployContext, Finding } from "../adapter.ts";
import { awsCall } from "../aws/aws-error.ts";
import { checkAws } from "../aws/check/check-aws.ts";
import { checkBoundary, checkRole } from "../aws/check/check-rights.ts";
import { fine, looked, problem, warning } from "../aws/check/findings.ts";
import type { AwsSession } from "../aws/session.ts";
import { accessOf, lambdaDeployPolicy } from "./access.ts";
import { AwsLambdaOptions } from "./options.ts";
import { AWS_LAMBDA } from "./target.ts";

const LAMBDA = "lambda.amazonaws.com";

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
        ...(options.role === undefined
          ? []
          : [checkRole(session, { option: "role", arn: options.role, service: LAMBDA })]),
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

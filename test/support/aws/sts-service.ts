/**
 * STS: who the caller is, from the credentials that the stand-ins gave; the rest is moto's.
 *
 * @module
 */
import type { AwsReply, AwsRequest, AwsService } from "./aws-call.ts";

export function stsService(
  account: string,
  fallback: (request: AwsRequest) => Promise<AwsReply>,
): AwsService {
  return {
    name: "sts",
    async handle(request) {
      const { arn, userId } = request.principal;
      return request.action === "GetCallerIdentity"
        ? { members: { Arn: arn, UserId: userId, Account: account } }
        : await fallback(request);
    },
  };
}

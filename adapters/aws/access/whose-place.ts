/**
 * Account and region that policies are about: as the options have them, so that nobody needs credentials to write a policy;
 * else as AWS says.
 *
 * @module
 */
import type { DeployContext } from "../../adapter.ts";
import { type AwsSession, openSession } from "../session.ts";

export type WhosePlace = Pick<AwsSession, "partition" | "account" | "region">;

export async function whosePlace(
  platform: string,
  {
    account,
    region,
  }: { readonly account?: string | undefined; readonly region?: string | undefined },
  context: DeployContext,
): Promise<WhosePlace> {
  if (account !== undefined && region !== undefined) {
    return { account, region, partition: partitionOf(region) };
  }
  return await openSession({ platform, account, region, context });
}

function partitionOf(region: string): string {
  const [, start] = /^(cn|us-gov)-/.exec(region) ?? [];
  return start === undefined ? "aws" : `aws-${start}`;
}

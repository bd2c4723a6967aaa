/**
 * Names of things at AWS: `arn:partition:service:region:account:resource`.
 *
 * @module
 */
import type { AwsSession } from "./session.ts";

export interface Arn {
  readonly partition: string;
  readonly service: string;
  /** Empty for what is global. */
  readonly region: string;
  /** 12 digits; empty for what has none in its name. */
  readonly account: string;
  /** E.g. `function:iris` or `repository/bento/iris`. */
  readonly resource: string;
}

/** @returns undefined for what is no ARN */
export function parseArn(text: string): Arn | undefined {
  const [scheme, partition = "", service = "", region = "", account = "", ...rest] =
    text.split(":");
  const resource = rest.join(":");
  return scheme !== "arn" || partition === "" || service === "" || resource === ""
    ? undefined
    : { partition, service, region, account, resource };
}

/**
 * The ARN of something in the session's account and region.
 *
 * @param service - e.g. `lambda`
 * @param resource - e.g. `function:iris`
 */
export function formatArn(
  session: Pick<AwsSession, "partition" | "region" | "account">,
  service: string,
  resource: string,
): string {
  const { partition, region, account } = session;
  return `arn:${partition}:${service}:${region}:${account}:${resource}`;
}

/** What AWS's hosts end in there, e.g. `amazonaws.com`. */
export function urlSuffix({ partition }: Pick<AwsSession, "partition">): string {
  return SUFFIXES[partition] ?? "amazonaws.com";
}

const SUFFIXES: Readonly<Record<string, string>> = {
  "aws-cn": "amazonaws.com.cn",
  "aws-iso": "c2s.ic.gov",
  "aws-iso-b": "sc2s.sgov.gov",
  "aws-iso-e": "cloud.adc-e.uk",
  "aws-iso-f": "csp.hci.ic.gov",
  "aws-eusc": "amazonaws.eu",
};

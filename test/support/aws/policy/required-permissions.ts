/**
 * Which actions on which ARNs a call needs, by AWS's service authorization reference (read 2026-11-21).
 *
 * @module
 */
import type { AwsRequest } from "../aws-call.ts";
import type { PolicyWorld } from "./authorize.ts";
import type { Permission } from "./evaluate.ts";
import { iamRequirements } from "./iam-requirements.ts";
import { lambdaRequirements } from "./lambda-requirements.ts";
import {
  cloudFormationRequirements,
  cloudWatchRequirements,
  ecrRequirements,
  logsRequirements,
  sqsRequirements,
  ssmRequirements,
} from "./plain-requirements.ts";

/** What one service's calls need. @returns undefined for actions that it does not know */
export type Requirements = (
  request: AwsRequest,
  world: PolicyWorld,
) => Promise<readonly Permission[] | undefined> | readonly Permission[] | undefined;

const SERVICES: Readonly<Record<string, Requirements>> = {
  cloudformation: cloudFormationRequirements,
  ecr: ecrRequirements,
  iam: iamRequirements,
  lambda: lambdaRequirements,
  logs: logsRequirements,
  monitoring: cloudWatchRequirements,
  sqs: sqsRequirements,
  ssm: ssmRequirements,
};

/** Prefixes of actions that are not the name in the signature. */
const PREFIXES: Readonly<Record<string, string>> = { monitoring: "cloudwatch", email: "ses" };

/** Calls that anyone with credentials may make. */
const FREE = new Set(["sts:GetCallerIdentity"]);

/** What is not known needs its action on `*`. */
export async function requiredPermissions(
  request: AwsRequest,
  world: PolicyWorld,
): Promise<readonly Permission[]> {
  const { service, action, region } = request;
  const name = `${PREFIXES[service] ?? service}:${action}`;
  if (FREE.has(name)) {
    return [];
  }
  const known = await (world.requirements(service) ?? SERVICES[service])?.(request, world);
  const permissions = known ?? [{ action: name, resource: "*", context: {} }];
  return permissions.map((permission) => ({
    ...permission,
    context: {
      "aws:RequestedRegion": region,
      ...(request.calledVia === undefined ? {} : { "aws:CalledVia": [request.calledVia] }),
      ...permission.context,
    },
  }));
}

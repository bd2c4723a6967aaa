/**
 * The types of resources that the stand-ins know.
 *
 * @module
 */
import { ecrRepository } from "./ecr-repository.ts";
import { iamManagedPolicy, iamPolicy } from "./iam-policy.ts";
import { iamRole } from "./iam-role.ts";
import { lambdaAlias } from "./lambda-alias.ts";
import { lambdaFunction } from "./lambda-function.ts";
import { lambdaPermission } from "./lambda-permission.ts";
import { lambdaVersion } from "./lambda-version.ts";
import { logGroup } from "./log-group.ts";
import type { ResourceProvider } from "./resource-provider.ts";

const PROVIDERS: readonly ResourceProvider[] = [
  ecrRepository,
  iamManagedPolicy,
  iamPolicy,
  iamRole,
  lambdaAlias,
  lambdaFunction,
  lambdaPermission,
  lambdaVersion,
  logGroup,
];

/** By type. @param more - come before ours */
export function resourceProviders(
  more: readonly ResourceProvider[] = [],
): ReadonlyMap<string, ResourceProvider> {
  return new Map([...PROVIDERS, ...more].map((provider) => [provider.type, provider]));
}

/**
 * What policies are about: where, and the names that a deployment's resources have or begin with.
 *
 * @module
 */
import { formatArn } from "../arn.ts";

export interface AccessPlace {
  readonly partition: string;
  readonly account: string;
  readonly region: string;
  readonly serviceStack: string;
  readonly registryStack: string;
  /** ECR repository of its images. */
  readonly repository: string;
  /** Bounds the roles that are made; undefined where a role is given and none is made. */
  readonly boundaryArn: string | undefined;
}

/** What logical ids in our stacks begin with: so names of `iris` are none of `iris-prod`, which is written small. */
export const OF_STACK = "Bento";

/** CloudFormation cuts the stack's name in the names that it makes, where they would be too long. */
const LEAST_KEPT = 24;

/**
 * Roles that the stack makes.
 *
 * @param id - what the one that is meant is called within the construct, e.g. `TaskRole` @default any
 */
export function roleArns({ partition, account, serviceStack }: AccessPlace, id = ""): string[] {
  const start =
    serviceStack.length > LEAST_KEPT
      ? serviceStack.slice(0, LEAST_KEPT)
      : `${serviceStack}-${OF_STACK}${id}`;
  return [`arn:${partition}:iam::${account}:role/${start}*`];
}

/** Log groups that the stack makes, with their streams. */
export function logGroupArns(place: AccessPlace): string[] {
  const group = formatArn(place, "logs", `log-group:${place.serviceStack}-${OF_STACK}*`);
  return [group, `${group}:*`];
}

export function repositoryArns(place: AccessPlace): string[] {
  return [formatArn(place, "ecr", `repository/${place.repository}`)];
}

/** Both stacks, whatever their ids. */
export function stackArns(place: AccessPlace): string[] {
  return [place.registryStack, place.serviceStack].map((name) =>
    formatArn(place, "cloudformation", `stack/${name}/*`),
  );
}

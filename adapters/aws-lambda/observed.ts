/**
 * What stands on AWS Lambda of one deployment, as far as its plan looks at it.
 *
 * @module
 */
import type { Digest } from "../../core/digest.ts";
import type { LambdaAppSpec } from "../../infra/lambda-spec.ts";

/** The function as the next version would be made from it: `$LATEST`. */
export interface ObservedFunction {
  readonly arn: string;
  /** Changes with each change of it. */
  readonly revisionId: string;
  readonly packageType: string;
  /** Image of `$LATEST`. */
  readonly image: Digest | undefined;
  /** The ECR repository that it is in, e.g. `bento/iris`. */
  readonly repository: string | undefined;
  /** Digest of what `$LATEST` is set to, as Lambda itself says; comparable with that of a version. */
  readonly settings: Digest;
  /** The tag `bento:spec`: digest of what our stack was asked for. */
  readonly spec: string | undefined;
  /** The tag `bento:name`. */
  readonly bentoName: string | undefined;
  /** A CDK app of the user's has made it and leaves versions and traffic to the CLI, but not its settings. */
  readonly isAdopted: boolean;
  /** BENTO_PROFILE as it is set. */
  readonly profile: string | undefined;
  readonly isManaged: boolean;
  /** An update of it is under way. */
  readonly isUpdating: boolean;
  readonly logGroup: string | undefined;
}

/** A published version of it. */
export interface ObservedVersion {
  readonly id: string;
  readonly image: Digest | undefined;
  readonly settings: Digest;
  /** The description: `name:version` of its bento. */
  readonly bento: string | undefined;
  /** As Lambda says, e.g. `Active`. */
  readonly state: string | undefined;
  /** Why it is not active, where Lambda says. */
  readonly stateReason: string | undefined;
  /** When it was made, as Lambda says. */
  readonly at: string | undefined;
}

/** The alias `live`. */
export interface ObservedAlias {
  readonly arn: string;
  readonly revisionId: string;
  /** Version that has what the others leave. */
  readonly version: string;
  /** Shares of other versions, per cent. */
  readonly others: Readonly<Record<string, number>>;
}

/** The stack that holds the function, the alias and what is around them. */
export interface ObservedService {
  readonly id: string;
  readonly status: string;
  readonly template: Digest;
  /** The tag `bento:name`. */
  readonly bentoName: string | undefined;
  /** From the template's metadata; undefined where it is none of ours. */
  readonly spec: LambdaAppSpec | undefined;
}

export interface LambdaObserved {
  readonly account: string;
  readonly region: string;
  readonly function: ObservedFunction | undefined;
  readonly alias: ObservedAlias | undefined;
  /** Those that have traffic. */
  readonly versions: readonly ObservedVersion[];
  /** `undefined` where the function has the image already, and ECR was not asked. */
  readonly repository: { readonly isThere: boolean; readonly hasImage: boolean } | undefined;
  /** `not-asked` where the function's own tags say that its settings are as desired, or a CDK app's. */
  readonly stack: ObservedService | undefined | "not-asked";
  /** Published versions of the function, where that is limited. */
  readonly versionCount: number | undefined;
  /** The shares of versions as the last record has them, per cent. */
  readonly recorded: Readonly<Record<string, number>> | undefined;
}

/** A CDK app that has made the function has chosen the repository of its images too. */
export function repositoryIn(
  { repository }: Pick<LambdaAppSpec, "repository">,
  found: Pick<ObservedFunction, "isAdopted" | "repository"> | undefined,
): string {
  return found?.isAdopted === true ? (found.repository ?? repository) : repository;
}

/** Shares of all versions that have traffic, per cent, by version. */
export function sharesOf({
  version,
  others,
}: Pick<ObservedAlias, "version" | "others">): Record<string, number> {
  const rest = Object.values(others).reduce((sum, percent) => sum + percent, 0);
  return { [version]: round(100 - rest), ...others };
}

/** Lambda keeps shares as fractions of 1. */
export function percentOf(weight: number): number {
  return round(weight * 100);
}

function round(percent: number): number {
  return Math.round(percent * 1e6) / 1e6;
}

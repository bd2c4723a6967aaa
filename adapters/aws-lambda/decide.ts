/**
 * What a deploy has to do, from what is desired and what stands: the one decision that the plan shows and that applying
 * carries out, so that a run that was killed goes on where it was.
 *
 * @module
 */
import { type LambdaAppSpec, lambdaSettingsDigest } from "../../infra/lambda-spec.ts";
import type { Desired } from "../adapter.ts";
import { stackState } from "../aws/stack-state.ts";
import type { LambdaObserved, ObservedAlias, ObservedVersion } from "./observed.ts";
import { repositoryIn, sharesOf } from "./observed.ts";
import type { AwsLambdaOptions } from "./options.ts";
import { lambdaTarget } from "./target.ts";

/** - `recreate`: a stack whose creation failed is deleted and made again */
export type StackWork = "none" | "create" | "recreate" | "update" | "replace";

/** What the alias shall say. */
export type AliasTarget = Pick<ObservedAlias, "version" | "others">;

export interface Decision {
  /** What the stacks are made from; its image is the one that the template names. */
  readonly spec: LambdaAppSpec;
  /** A CDK app of the user's holds the settings: only versions and traffic are to move. */
  readonly isAdopted: boolean;
  readonly needsRegistry: boolean;
  readonly needsPush: boolean;
  readonly stack: StackWork;
  /** As the stack stands, for `update` and `replace`. */
  readonly before: LambdaAppSpec | undefined;
  /** The stack makes the first version and the alias on it. */
  readonly isFirst: boolean;
  /** A version with traffic that is what is desired; undefined where one has to be published. */
  readonly standing: ObservedVersion | undefined;
  readonly needsTraffic: boolean;
}

export function decide(
  desired: Desired<AwsLambdaOptions>,
  observed: LambdaObserved | undefined,
): Decision {
  const target = lambdaTarget(desired, placeOf(observed));
  const { work, before } = stackWork(target, observed);
  const isFirst = work === "create" || work === "recreate" || work === "replace";
  const standing = work === "none" ? standingVersion(target, observed) : undefined;
  const alias = observed?.alias;
  const isAdopted = observed?.function?.isAdopted === true;
  const wanted =
    standing === undefined || alias === undefined
      ? undefined
      : aliasTarget(alias, standing.id, desired.canary);
  const repository = repositoryIn(target, observed?.function);
  return {
    spec: {
      ...target,
      repository,
      image: isAdopted ? { ...target.image, repository } : frozenImage(target, before, work),
    },
    isAdopted,
    needsRegistry:
      !isAdopted &&
      (observed?.repository === undefined ? observed === undefined : !observed.repository.isThere),
    needsPush:
      observed?.repository === undefined ? observed === undefined : !observed.repository.hasImage,
    stack: work,
    before,
    isFirst,
    standing,
    needsTraffic: alias === undefined || wanted === undefined || !isSameTarget(alias, wanted),
  };
}

/** Where the alias shall point for a version to get its share. */
export function aliasTarget(
  alias: Pick<ObservedAlias, "version">,
  version: string,
  canary: number | undefined,
): AliasTarget {
  return canary === undefined || alias.version === version
    ? { version, others: {} }
    : { version: alias.version, others: { [version]: canary } };
}

export function isSameTarget(a: AliasTarget, b: AliasTarget): boolean {
  const [left, right] = [sharesOf(a), sharesOf(b)];
  const names = new Set([...Object.keys(left), ...Object.keys(right)]);
  return a.version === b.version && [...names].every((name) => left[name] === right[name]);
}

function placeOf(observed: LambdaObserved | undefined) {
  return observed === undefined
    ? undefined
    : {
        account: observed.account,
        region: observed.region,
        profile: observed.function?.profile,
      };
}

function stackWork(
  target: LambdaAppSpec,
  observed: LambdaObserved | undefined,
): { work: StackWork; before: LambdaAppSpec | undefined } {
  const stack = observed?.stack;
  if (stack === "not-asked") {
    return { work: "none", before: undefined };
  }
  const state = stackState(stack?.status);
  if (stack === undefined || state === "absent") {
    return { work: "create", before: undefined };
  }
  if (state === "unborn") {
    return { work: "recreate", before: undefined };
  }
  const before = stack.spec;
  if (before === undefined || observed?.alias === undefined) {
    // its creation is under way, or it stood under another name
    return { work: isRenamed(before, target) ? "replace" : "create", before };
  }
  const isSame = lambdaSettingsDigest(before.settings) === lambdaSettingsDigest(target.settings);
  const isTagged = observed.function?.spec === lambdaSettingsDigest(target.settings);
  return { work: isSame && isTagged ? "none" : "update", before };
}

function isRenamed(before: LambdaAppSpec | undefined, target: LambdaAppSpec): boolean {
  return before !== undefined && before.settings.functionName !== target.settings.functionName;
}

/**
 * The template goes on naming the image of the first deploy: code moves by Lambda's own API. A function of another
 * processor or name cannot start from that one.
 */
function frozenImage(
  target: LambdaAppSpec,
  before: LambdaAppSpec | undefined,
  work: StackWork,
): LambdaAppSpec["image"] {
  if (before === undefined || work === "replace") {
    return target.image;
  }
  return before.settings.architecture === target.settings.architecture
    ? before.image
    : { ...target.image, tag: before.image.tag };
}

function standingVersion(
  { image }: LambdaAppSpec,
  observed: LambdaObserved | undefined,
): ObservedVersion | undefined {
  const settings = observed?.function?.settings;
  return observed?.versions.find(
    (version) => version.image === image.digest && version.settings === settings,
  );
}

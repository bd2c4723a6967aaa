/**
 * What has to change on AWS: the repository, the image in it, the stack of the function, and the version that `live`
 * points to.
 *
 * @module
 */
import type { BentoManifest } from "../../core/bento-manifest.ts";
import { canonicalJson } from "../../core/canonical-json.ts";
import { digestOf } from "../../core/digest.ts";
import type { Plan, PlanAction } from "../../core/plan.ts";
import type { LambdaAppSpec } from "../../infra/lambda-app.ts";
import type { Desired } from "../adapter.ts";
import { noop, planOf } from "../plan-of.ts";
import type { AwsLambdaOptions } from "./options.ts";
import { AWS_LAMBDA, lambdaTarget } from "./target.ts";

/**
 * @param observed - the target that stands; undefined plans as if nothing did
 * @throws BentoError BENTO_INVALID_INPUT with everything that Lambda would not take
 */
export function planAwsLambda(
  desired: Desired<AwsLambdaOptions>,
  observed: LambdaAppSpec | undefined,
): Plan {
  const target = lambdaTarget(desired);
  const isSame = observed !== undefined && canonicalJson(observed) === canonicalJson(target);
  return planOf(AWS_LAMBDA, desired, {
    actions: isSame ? [noop(stackOf(target))] : changes(target, observed, desired),
    warnings: [
      ...(observed === undefined
        ? ["AWS was not asked what stands there; this is the plan of a first deploy"]
        : []),
      ...batchingWarnings(desired.manifest),
    ],
    basis:
      observed === undefined
        ? { observed: "nothing: AWS was not asked" }
        : { observed: digestOf(canonicalJson(observed)) },
  });
}

function changes(
  target: LambdaAppSpec,
  observed: LambdaAppSpec | undefined,
  desired: Desired<AwsLambdaOptions>,
): PlanAction[] {
  const isFirst = observed === undefined;
  const isNewImage = observed?.imageDigest !== target.imageDigest;
  return [
    ...(observed?.repository === target.repository ? [] : [registryAction(target)]),
    ...(isNewImage || observed?.repository !== target.repository
      ? [pushAction(target, desired)]
      : []),
    isFirst ? createAction(target) : updateAction(target, observed),
    ...releaseActions(target, isFirst),
  ];
}

function registryAction({ repository, registryStack }: LambdaAppSpec): PlanAction {
  return {
    kind: "registry",
    resource: `AWS::ECR::Repository ${repository}`,
    after: {
      stack: registryStack,
      imageTagMutability: "IMMUTABLE",
      scanOnPush: true,
      pulledBy: "lambda.amazonaws.com",
      deletionPolicy: "Retain",
    },
    reasons: ["Lambda runs images from a private ECR repository of its own region"],
    risk: "none",
  };
}

function pushAction(target: LambdaAppSpec, { image, manifest }: Desired): PlanAction {
  const { account = "<account>", region = "<region>", repository, imageDigest } = target;
  return {
    kind: "push",
    resource: `${account}.dkr.ecr.${region}.amazonaws.com/${repository}@${imageDigest}`,
    after: {
      digest: imageDigest,
      tag: manifest.version,
      ...(image === undefined ? {} : { platform: image.platform, bytes: image.bytes }),
    },
    reasons: [`the image of ${target.tag}`],
    risk: "none",
  };
}

function createAction(target: LambdaAppSpec): PlanAction {
  return {
    kind: "create",
    resource: stackOf(target),
    after: stackSettings(target),
    reasons: ["nothing is known to stand there"],
    risk: "none",
  };
}

function updateAction(target: LambdaAppSpec, observed: LambdaAppSpec): PlanAction {
  const before = plain(observed);
  const after = plain(target);
  const changed = [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((key) => canonicalJson({ key: before[key] }) !== canonicalJson({ key: after[key] }))
    .sort();
  return {
    kind: "update",
    resource: stackOf(target),
    before: stackSettings(observed),
    after: stackSettings(target),
    reasons: changed.map((key) => `${key} changes`),
    risk: "none",
  };
}

function releaseActions(
  { functionName, imageDigest }: LambdaAppSpec,
  isFirst: boolean,
): PlanAction[] {
  return [
    {
      kind: "version",
      resource: `AWS::Lambda::Version ${functionName}`,
      after: { image: imageDigest, deletionPolicy: "Retain" },
      reasons: ["an immutable version is what traffic goes to, and the way back"],
      risk: "none",
    },
    {
      kind: "traffic",
      resource: `AWS::Lambda::Alias ${functionName}:live`,
      after: { version: "the new one", percent: 100 },
      reasons: [isFirst ? "the first version" : "the new version replaces the one before"],
      risk: "none",
    },
  ];
}

/** The stack's resources as CloudFormation calls them, with what each is set to. */
function stackSettings(target: LambdaAppSpec) {
  return {
    "AWS::IAM::Role": { assumedBy: "lambda.amazonaws.com", mayWriteTo: "its log group" },
    "AWS::Logs::LogGroup": { retentionInDays: target.logRetentionDays, deletionPolicy: "Retain" },
    "AWS::Lambda::Function": {
      functionName: target.functionName,
      packageType: "Image",
      image: target.imageDigest,
      architecture: target.architecture,
      memoryMb: target.memoryMb,
      timeoutSeconds: target.timeoutSeconds,
      ephemeralStorageMb: target.ephemeralStorageMb,
      environment: { ...target.environment },
      reservedConcurrency: target.reservedConcurrency ?? "shares the account's",
    },
    "AWS::Lambda::Alias": { name: "live", callers: "none until they are granted" },
  };
}

function batchingWarnings({ apis, models, traffic }: BentoManifest): string[] {
  const isBatching =
    apis.some(({ kind }) => kind === "batch") || models.some(({ batchable }) => batchable);
  const warnings: string[] = [];
  if (isBatching) {
    warnings.push(
      "no in-process batching here: one request per environment; use managed instances or a queue",
    );
  }
  if ((traffic.concurrency ?? 1) > 1) {
    warnings.push(
      `traffic.concurrency ${traffic.concurrency} has no effect here: each environment takes one request at a time`,
    );
  }
  return warnings;
}

function stackOf({ serviceStack }: LambdaAppSpec): string {
  return `AWS::CloudFormation::Stack ${serviceStack}`;
}

function plain(target: LambdaAppSpec): Readonly<Record<string, unknown>> {
  return { ...target };
}

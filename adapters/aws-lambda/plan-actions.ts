/**
 * What a decision comes to as the actions of a plan, in the order in which they are done.
 *
 * @module
 */
import * as z from "zod";
import type { PlanAction } from "../../core/plan.ts";
import type { Desired } from "../adapter.ts";
import { aliasTarget, type Decision } from "./decide.ts";
import type { LambdaObserved, ObservedAlias } from "./observed.ts";
import { sharesOf } from "./observed.ts";
import type { AwsLambdaOptions } from "./options.ts";
import { settingsChanges, settingsRisk, shownSettings } from "./settings-changes.ts";

const Json = z.record(z.string(), z.json());

/** What the version is called where it is not made yet. */
export const NEW_VERSION = "new";

export function planActions(
  desired: Desired<AwsLambdaOptions>,
  observed: LambdaObserved | undefined,
  decision: Decision,
): PlanAction[] {
  return [
    ...(decision.needsRegistry ? [registryAction(decision)] : []),
    ...(decision.needsPush ? [pushAction(desired, decision)] : []),
    ...stackActions(decision, observed),
    ...(decision.standing === undefined ? [versionAction(desired, observed, decision)] : []),
    ...(decision.needsTraffic ? [trafficAction(desired, observed, decision)] : []),
  ];
}

function registryAction({ spec: { repository, registryStack } }: Decision): PlanAction {
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

function pushAction({ image, manifest, bento }: Desired, { spec }: Decision): PlanAction {
  const { account = "<account>", region = "<region>" } = spec;
  const digest = image?.digest ?? "";
  return {
    kind: "push",
    resource: `${account}.dkr.ecr.${region}.amazonaws.com/${spec.repository}@${digest}`,
    after: {
      digest,
      tag: manifest.version,
      platform: image?.platform ?? "",
      bytes: image?.bytes ?? 0,
    },
    reasons: [`the image of ${bento.name}:${bento.version}`],
    risk: "none",
  };
}

function stackActions(decision: Decision, observed: LambdaObserved | undefined): PlanAction[] {
  const { spec, stack, before } = decision;
  const resource = `AWS::CloudFormation::Stack ${spec.serviceStack}`;
  const after = Json.parse(shownSettings(spec.settings));
  if (stack === "none") {
    return [];
  }
  if (stack === "create" || stack === "recreate") {
    const status = observed?.stack === "not-asked" ? undefined : observed?.stack?.status;
    const create: PlanAction = {
      kind: "create",
      resource,
      after,
      reasons: [createReason(status)],
      risk: "none",
    };
    return stack === "create" ? [create] : [deleteAction(resource, status), create];
  }
  if (before === undefined) {
    return [];
  }
  const changes = settingsChanges(before.settings, spec.settings);
  const { risk, reasons } = settingsRisk(before.settings, spec.settings);
  const isReplaced = stack === "replace";
  return [
    {
      kind: isReplaced ? "replace" : "update",
      resource,
      before: Json.parse(changes.before),
      after: Json.parse(changes.after),
      reasons: [
        ...changes.reasons,
        ...(isReplaced
          ? ["another name is another function: the old one goes, its versions too"]
          : []),
        ...reasons,
        ...(changes.reasons.length === 0
          ? ["made by other constructs, or changed beside bento"]
          : []),
      ],
      risk: isReplaced ? "destroys" : risk,
    },
  ];
}

function createReason(status: string | undefined): string {
  if (status === undefined) {
    return "nothing stands";
  }
  return status === "REVIEW_IN_PROGRESS"
    ? "nothing stands but a stack under review, which is used"
    : `the stack is ${status}`;
}

function deleteAction(resource: string, status: string | undefined): PlanAction {
  return {
    kind: "delete",
    resource,
    before: { status: status ?? "" },
    reasons: [`${status}: CloudFormation takes no updates of it, only delete and create`],
    risk: "destroys",
  };
}

function versionAction(
  desired: Desired<AwsLambdaOptions>,
  observed: LambdaObserved | undefined,
  { spec, stack }: Decision,
): PlanAction {
  const standing = observed?.versions.find(({ id }) => id === observed.alias?.version);
  const digest = desired.image?.digest ?? "";
  const isNewImage = standing?.image !== digest;
  return {
    kind: "version",
    resource: `AWS::Lambda::Version ${spec.settings.functionName}`,
    ...(standing === undefined
      ? {}
      : {
          before: {
            version: standing.id,
            image: standing.image ?? "",
            bento: standing.bento ?? "",
          },
        }),
    after: { image: digest, bento: `${desired.bento.name}:${desired.bento.version}` },
    reasons: [
      ...(standing === undefined || !isNewImage ? [] : ["the image is another one"]),
      ...(standing !== undefined && (stack !== "none" || !isNewImage)
        ? ["a version holds its settings"]
        : []),
      ...(standing === undefined
        ? ["an immutable version is what traffic goes to, and the way back"]
        : []),
    ],
    risk: "none",
  };
}

function trafficAction(
  desired: Desired<AwsLambdaOptions>,
  observed: LambdaObserved | undefined,
  { spec, standing, isFirst }: Decision,
): PlanAction {
  const alias = isFirst ? undefined : observed?.alias;
  const version = standing?.id ?? NEW_VERSION;
  const after = sharesOf(aliasTarget(alias ?? { version }, version, desired.canary));
  return {
    kind: "traffic",
    resource: `AWS::Lambda::Alias ${spec.settings.functionName}:live`,
    ...(alias === undefined ? {} : { before: sharesOf(alias) }),
    after,
    reasons: trafficReasons(alias, { version, canary: desired.canary }),
    risk: "none",
  };
}

function trafficReasons(
  alias: ObservedAlias | undefined,
  { version, canary }: { readonly version: string; readonly canary: number | undefined },
): string[] {
  if (alias === undefined) {
    return ["the first version"];
  }
  const lost = Object.entries(alias.others)
    .filter(([id]) => id !== version)
    .map(([id, percent]) => `the canary of version ${id} ends with its ${percent} %`);
  const gain =
    canary === undefined || alias.version === version
      ? `all of it to the ${version === NEW_VERSION ? "new version" : `version ${version}`}`
      : `${canary} % to the ${version === NEW_VERSION ? "new version" : `version ${version}`} at first`;
  return [gain, ...lost];
}

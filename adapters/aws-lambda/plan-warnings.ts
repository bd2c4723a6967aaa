/**
 * What somebody should know before saying yes to a plan for AWS Lambda.
 *
 * @module
 */
import type { BentoManifest } from "../../core/bento-manifest.ts";
import { canonicalJson } from "../../core/canonical-json.ts";
import type { LambdaSettings } from "../../infra/lambda-spec.ts";
import type { Desired } from "../adapter.ts";
import { stackState } from "../aws/stack-state.ts";
import type { Decision } from "./decide.ts";
import { type LambdaObserved, sharesOf } from "./observed.ts";
import type { AwsLambdaOptions } from "./options.ts";

/** A capacity provider takes no more: https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances.html, November 2026. */
const MOST_VERSIONS = 100;
const MANY_VERSIONS = 80;

export function planWarnings(
  desired: Desired<AwsLambdaOptions>,
  observed: LambdaObserved | undefined,
  decision: Decision,
): string[] {
  const { settings } = decision.spec;
  if (decision.isAdopted && observed !== undefined) {
    return [
      `function ${settings.functionName} is set up by a CDK app: options such as memoryMb are that app's, and are not applied here`,
      ...aliasWarnings(observed),
    ];
  }
  return [
    ...(observed === undefined
      ? ["AWS was not asked what stands there; this is the plan of a first deploy"]
      : [...stackWarnings(observed, decision), ...aliasWarnings(observed)]),
    ...batchingWarnings(desired.manifest, settings),
    ...managedWarnings(observed, decision),
    ...(settings.url === "public" ? ["the function URL is open to everybody"] : []),
    ...(settings.snapStart
      ? ["whether onnxruntime's threads live through a snapshot has not been tried on AWS"]
      : []),
  ];
}

function stackWarnings({ stack }: LambdaObserved, { spec }: Decision): string[] {
  return stack !== undefined && stack !== "not-asked" && stackState(stack.status) === "busy"
    ? [
        `stack ${spec.serviceStack} is ${stack.status}: CloudFormation's work is attached to and waited for first`,
      ]
    : [];
}

function aliasWarnings({ alias, recorded }: LambdaObserved): string[] {
  if (alias === undefined || recorded === undefined) {
    return [];
  }
  const shares = sharesOf(alias);
  return canonicalJson(shares) === canonicalJson(recorded)
    ? []
    : [
        `live was moved by somebody else since the last deploy: ${words(recorded)} then, ${words(shares)} now`,
      ];
}

function words(shares: Readonly<Record<string, number>>): string {
  return Object.entries(shares)
    .map(([version, percent]) => `version ${version} ${percent} %`)
    .join(", ");
}

function batchingWarnings(
  { apis, models, traffic }: BentoManifest,
  { compute, queue }: LambdaSettings,
): string[] {
  if (compute.kind === "managed-instances") {
    return [];
  }
  const isBatching =
    apis.some(({ kind }) => kind === "batch") || models.some(({ batchable }) => batchable);
  const warnings: string[] = [];
  if (isBatching && queue === undefined) {
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

function managedWarnings(
  observed: LambdaObserved | undefined,
  { spec: { settings }, standing }: Decision,
): string[] {
  const { compute, functionName } = settings;
  if (compute.kind === "standard") {
    return [];
  }
  const isNew = observed?.function?.isManaged !== true;
  const count = observed?.versionCount ?? 0;
  return [
    ...(isNew
      ? [
          "managed instances cannot be taken off a function again",
          `managed instances cost as long as they stand: ${compute.minEnvironments ?? 3} environments are kept without traffic`,
        ]
      : []),
    ...(count >= MANY_VERSIONS && standing === undefined
      ? [
          `${functionName} has ${count} of the ${MOST_VERSIONS} versions that a capacity provider takes: bento deployment prune`,
        ]
      : []),
  ];
}

/**
 * What cannot be deployed as things stand, told before anything is written.
 *
 * @module
 */
import { BentoError } from "../../core/bento-error.ts";
import type { Desired } from "../adapter.ts";
import { checkOwner, NAME_TAG } from "../aws/ownership.ts";
import { stackState } from "../aws/stack-state.ts";
import type { Decision } from "./decide.ts";
import { PROFILE_VARIABLE } from "./managed-compute.ts";
import type { LambdaObserved, ObservedFunction } from "./observed.ts";
import type { AwsLambdaOptions } from "./options.ts";
import { refuseVanished } from "./vanished.ts";

/**
 * @throws BentoError BENTO_CONFLICT for what is another's or was deleted by hand; BENTO_INVALID_INPUT for a canary without a version beside it,
 * and for managed instances that would have to go; BENTO_PLATFORM for a stack that nobody can update
 */
export function refuseLambda(
  desired: Desired<AwsLambdaOptions>,
  observed: LambdaObserved | undefined,
  { spec, isFirst, stack, isAdopted }: Decision,
): void {
  const { functionName, compute } = spec.settings;
  if (isAdopted) {
    refuseAdopted(desired, observed, functionName);
    return;
  }
  if (observed?.function !== undefined) {
    refuseForeign(observed.function, { functionName, bentoName: desired.bento.name });
  }
  if (observed?.stack !== undefined && observed.stack !== "not-asked") {
    refuseStack(observed.stack, spec);
    refuseVanished(desired, observed, { functionName, serviceStack: spec.serviceStack });
  }
  if (desired.canary !== undefined && isFirst) {
    throw new BentoError(
      "BENTO_INVALID_INPUT",
      `a canary of ${desired.canary} % on a first deploy: no version stands that could take the other ${100 - desired.canary} %`,
      {
        where: "--canary",
        hint: "deploy without --canary first; it is private until you let callers in",
      },
    );
  }
  if (
    observed?.function?.isManaged === true &&
    compute.kind === "standard" &&
    stack !== "replace"
  ) {
    throw new BentoError(
      "BENTO_INVALID_INPUT",
      "compute standard: managed instances cannot be taken off a function again",
      {
        where: `function ${functionName}`,
        hint: "go on with compute=managed-instances, or deploy under another --name and destroy this one",
      },
    );
  }
}

/** What a CDK app's function is set to stands in that app. */
function refuseAdopted(
  { bento, variables, secrets = {} }: Desired<AwsLambdaOptions>,
  observed: LambdaObserved | undefined,
  functionName: string,
): void {
  const what = `function ${functionName}`;
  const owner = observed?.function?.bentoName;
  if (owner !== undefined) {
    checkOwner({ what, tags: { [NAME_TAG]: owner } }, bento.name);
  }
  if (observed?.alias === undefined) {
    throw new BentoError("BENTO_CONFLICT", `${what} has no alias live`, {
      where: what,
      hint: 'deploy the app that makes it first: npx cdk deploy, with traffic: "cli" on its BentoLambda',
    });
  }
  const names = [...Object.keys(variables), ...Object.keys(secrets)].filter(
    (name) => name !== PROFILE_VARIABLE,
  );
  if (names.length > 0) {
    throw new BentoError("BENTO_INVALID_INPUT", `${names.join(", ")}: ${what} is a CDK app's`, {
      where: "--set-env, --secret",
      hint: "set variables in that app: environment of its BentoLambda",
    });
  }
}

function refuseForeign(
  { bentoName: owner, packageType, spec }: ObservedFunction,
  { functionName, bentoName }: { readonly functionName: string; readonly bentoName: string },
): void {
  const what = `function ${functionName}`;
  if (packageType !== "Image") {
    throw new BentoError(
      "BENTO_CONFLICT",
      `${what} is made from a zip file, and Lambda cannot give it an image instead`,
      { where: what, hint: "deploy under another name with --name, or delete that function first" },
    );
  }
  checkOwner({ what, tags: owner === undefined ? {} : { [NAME_TAG]: owner } }, bentoName);
  if (spec === undefined) {
    throw new BentoError("BENTO_CONFLICT", `${what} is deployed by a CDK app of its own`, {
      where: what,
      hint: "deploy it with npx cdk deploy in that app, or deploy under another name with --name",
    });
  }
}

function refuseStack(
  { status, bentoName }: { readonly status: string; readonly bentoName: string | undefined },
  spec: Decision["spec"],
): void {
  const what = `stack ${spec.serviceStack}`;
  const state = stackState(status);
  if (state === "absent") {
    return;
  }
  checkOwner(
    { what, tags: bentoName === undefined ? {} : { [NAME_TAG]: bentoName } },
    spec.bentoName,
  );
  if (state === "stuck") {
    throw new BentoError("BENTO_PLATFORM", `${what} is ${status}: it takes no updates`, {
      where: what,
      hint: `look at its events, then: aws cloudformation continue-update-rollback --stack-name ${spec.serviceStack}`,
    });
  }
}

/**
 * What stands on AWS Lambda, for tests of plans: exactly what is desired, or that with something else.
 *
 * @module
 */
import type { Desired } from "../../adapters/adapter.ts";
import type { LambdaObserved, ObservedService } from "../../adapters/aws-lambda/observed.ts";
import type { AwsLambdaOptions } from "../../adapters/aws-lambda/options.ts";
import { lambdaTarget } from "../../adapters/aws-lambda/target.ts";
import { digestOf } from "../../core/digest.ts";
import { lambdaSettingsDigest } from "../../infra/lambda-spec.ts";

export const PLACE = { account: "123456789012", region: "eu-central-1" };

const SETTINGS = digestOf("settings as Lambda says them");

/** Version 1 has all the traffic and is what is desired. */
export function standingLambda(
  desired: Desired<AwsLambdaOptions>,
  changes: Partial<LambdaObserved> = {},
): LambdaObserved {
  const { settings, image, bentoName } = lambdaTarget(desired, PLACE);
  const isManaged = settings.compute.kind === "managed-instances";
  const digest = desired.image?.digest;
  return {
    ...PLACE,
    function: {
      arn: `arn:aws:lambda:eu-central-1:123456789012:function:${settings.functionName}`,
      revisionId: "function-1",
      packageType: "Image",
      image: digest,
      repository: image.repository,
      settings: SETTINGS,
      spec: lambdaSettingsDigest(settings),
      bentoName,
      profile: settings.environment["BENTO_PROFILE"],
      isManaged,
      isAdopted: false,
      isUpdating: false,
      logGroup: "/aws/lambda/logs",
    },
    alias: {
      arn: `arn:aws:lambda:eu-central-1:123456789012:function:${settings.functionName}:live`,
      revisionId: "alias-1",
      version: "1",
      others: {},
    },
    versions: [
      {
        id: "1",
        image: digest,
        settings: SETTINGS,
        bento: image.tag,
        state: "Active",
        stateReason: undefined,
        at: undefined,
      },
    ],
    repository: undefined,
    stack: "not-asked",
    versionCount: isManaged ? 1 : undefined,
    recorded: { "1": 100 },
    ...changes,
  };
}

/** The stack of what stands, asked because something differs. */
export function standingStack(
  standing: Desired<AwsLambdaOptions>,
  changes: Partial<ObservedService> = {},
): ObservedService {
  const spec = lambdaTarget(standing, PLACE);
  return {
    id: `arn:aws:cloudformation:eu-central-1:123456789012:stack/${spec.serviceStack}/1`,
    status: "UPDATE_COMPLETE",
    template: digestOf("template"),
    bentoName: spec.bentoName,
    spec,
    ...changes,
  };
}

/**
 * Makes a version of what is desired: the function's code first, then the version from it. Each step looks whether it is
 * done, so that a deploy that was killed goes on.
 *
 * @module
 */
import type { FunctionConfiguration, UpdateFunctionCodeRequest } from "@aws-sdk/client-lambda";
import { BentoError } from "../../core/bento-error.ts";
import type { Digest } from "../../core/digest.ts";
import type { LambdaAppSpec } from "../../infra/lambda-spec.ts";
import { awsCall, isAwsError } from "../aws/aws-error.ts";
import { ecrImageUri } from "../aws/ecr.ts";
import type { AwsSession } from "../aws/session.ts";
import { awaitUpdated } from "./await-function.ts";
import { functionArn } from "./lambda-place.ts";
import type { ObservedFunction } from "./observed.ts";

export interface ReleaseRequest {
  readonly spec: LambdaAppSpec;
  readonly image: { readonly digest: Digest; readonly repository: string };
  /** `name:version` of the bento: the version's description. */
  readonly tag: string;
  /** The function as it was just read. */
  readonly latest: ObservedFunction;
}

/**
 * @returns the version's number
 * @throws BentoError BENTO_STALE_PLAN when somebody else changes the function meanwhile
 */
export async function releaseVersion(
  session: AwsSession,
  { spec, image, tag, latest }: ReleaseRequest,
): Promise<string> {
  const { functionName } = spec.settings;
  if (latest.image !== image.digest) {
    await updateCode(session, {
      FunctionName: functionName,
      ImageUri: ecrImageUri(session, image.repository, image.digest),
      RevisionId: latest.revisionId,
    });
  }
  const settled = await awaitUpdated(session, functionName);
  const version = await publish(session, { functionName, tag, settled });
  await boundEnvironments(session, version, spec);
  return version;
}

async function updateCode(session: AwsSession, request: UpdateFunctionCodeRequest): Promise<void> {
  const lambda = await session.lambda();
  const resource = functionArn(session, request.FunctionName ?? "");
  await guarded(resource, () =>
    awsCall(session, { action: "lambda:UpdateFunctionCode", resource }, (call) =>
      lambda.updateFunctionCode(request, call),
    ),
  );
}

/** Where nothing has changed since the last version, Lambda answers with that one. */
async function publish(
  session: AwsSession,
  {
    functionName,
    tag,
    settled,
  }: {
    readonly functionName: string;
    readonly tag: string;
    readonly settled: FunctionConfiguration;
  },
): Promise<string> {
  const lambda = await session.lambda();
  const resource = functionArn(session, functionName);
  const { CodeSha256, RevisionId } = settled;
  const published = await guarded(resource, () =>
    awsCall(session, { action: "lambda:PublishVersion", resource }, (call) =>
      lambda.publishVersion(
        { FunctionName: functionName, Description: tag, CodeSha256, RevisionId },
        call,
      ),
    ),
  );
  if (!/^\d+$/.test(published.Version ?? "")) {
    throw new BentoError("BENTO_PLATFORM", `Lambda names no version: ${published.Version}`, {
      where: resource,
      hint: "deploy again",
    });
  }
  return published.Version ?? "";
}

/** On managed instances each version has bounds of its own; the stack, whose version is frozen, cannot set them. */
export async function boundEnvironments(
  session: AwsSession,
  version: string,
  { settings: { functionName, compute } }: LambdaAppSpec,
): Promise<void> {
  if (compute.kind === "standard") {
    return;
  }
  const { minEnvironments, maxEnvironments } = compute;
  if (minEnvironments === undefined && maxEnvironments === undefined) {
    return;
  }
  const lambda = await session.lambda();
  await awsCall(
    session,
    {
      action: "lambda:PutFunctionScalingConfig",
      resource: functionArn(session, functionName, version),
    },
    (call) =>
      lambda.putFunctionScalingConfig(
        {
          FunctionName: functionName,
          Qualifier: version,
          FunctionScalingConfig: {
            MinExecutionEnvironments: minEnvironments,
            MaxExecutionEnvironments: maxEnvironments,
          },
        },
        call,
      ),
  );
}

/** A change that came between is told as such. */
export async function guarded<Value>(
  resource: string,
  change: () => Promise<Value>,
): Promise<Value> {
  try {
    return await change();
  } catch (cause) {
    if (!isAwsError(cause, "PreconditionFailedException", "ResourceConflictException")) {
      throw cause;
    }
    throw new BentoError("BENTO_STALE_PLAN", "somebody else changed it meanwhile", {
      where: resource,
      hint: "look at the plan again and deploy",
      cause,
    });
  }
}

/**
 * Moves the alias `live`: one call, refused where somebody else moved it since it was read, none where it is there.
 *
 * @module
 */

import { BentoError } from "../../core/bento-error.ts";
import { awsCall } from "../aws/aws-error.ts";
import type { AwsSession } from "../aws/session.ts";
import { type AliasTarget, isSameTarget } from "./decide.ts";
import { functionArn, LIVE } from "./lambda-place.ts";
import type { ObservedAlias } from "./observed.ts";
import { readAlias } from "./read-function.ts";
import { guarded } from "./release.ts";

export interface MoveRequest {
  readonly functionName: string;
  readonly target: AliasTarget;
  /** As it was last looked at. */
  readonly from: ObservedAlias;
}

/**
 * @throws BentoError BENTO_STALE_PLAN when it was moved since
 */
export async function moveAlias(
  session: AwsSession,
  { functionName, target, from }: MoveRequest,
): Promise<void> {
  if (isSameTarget(from, target)) {
    return;
  }
  const lambda = await session.lambda();
  const resource = functionArn(session, functionName, LIVE);
  const weights = Object.entries(target.others).map(([version, percent]) => [
    version,
    percent / 100,
  ]);
  try {
    await guarded(resource, () =>
      awsCall(session, { action: "lambda:UpdateAlias", resource }, (call) =>
        lambda.updateAlias(
          {
            FunctionName: functionName,
            Name: LIVE,
            FunctionVersion: target.version,
            RoutingConfig: { AdditionalVersionWeights: Object.fromEntries(weights) },
            RevisionId: from.revisionId,
          },
          call,
        ),
      ),
    );
  } catch (error) {
    // a call that was repeated because its answer was lost meets its own work
    const isMoved = BentoError.isInstance(error) && error.code === "BENTO_STALE_PLAN";
    const now = isMoved ? await readAlias(session, functionName) : undefined;
    if (now === undefined || !isSameTarget(now, target)) {
      throw error;
    }
  }
}

/**
 * @throws BentoError BENTO_NOT_FOUND where there is none
 */
export async function expectAlias(
  session: AwsSession,
  functionName: string,
): Promise<ObservedAlias> {
  const alias = await readAlias(session, functionName);
  if (alias === undefined) {
    throw new BentoError("BENTO_NOT_FOUND", `function ${functionName} has no alias ${LIVE}`, {
      where: functionArn(session, functionName),
      hint: "deploy it first: bento deploy --platform aws-lambda",
    });
  }
  return alias;
}

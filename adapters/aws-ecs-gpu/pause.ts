/**
 * The word that a deployment waits for at a pause hook.
 *
 * @module
 */
import type { DeploymentLifecycleHookAction } from "@aws-sdk/client-ecs";
import { BentoError } from "../../core/bento-error.ts";
import type { DeployContext } from "../adapter.ts";
import { awsCall } from "../aws/aws-error.ts";
import type { AwsSession } from "../aws/session.ts";
import { newestDeployment } from "./ecs-reads.ts";
import { servicePlace } from "./service-place.ts";
import { serviceStackName } from "./target.ts";
import { pausedHook } from "./watch-service.ts";

/** @returns false when none waits */
export async function answerPause(
  session: AwsSession,
  { name }: Pick<DeployContext, "name">,
  action: DeploymentLifecycleHookAction,
): Promise<boolean> {
  const place = await servicePlace(session, serviceStackName(name));
  const deployment = place === undefined ? undefined : await newestDeployment(session, place);
  const hookId = pausedHook(deployment);
  const serviceDeploymentArn = deployment?.serviceDeploymentArn;
  if (hookId === undefined || serviceDeploymentArn === undefined) {
    return false;
  }
  const ecs = await session.ecs();
  await awsCall(
    session,
    { action: "ecs:ContinueServiceDeployment", resource: serviceDeploymentArn },
    (call) => ecs.continueServiceDeployment({ serviceDeploymentArn, hookId, action }, call),
  );
  return true;
}

/** @throws BentoError BENTO_CONFLICT */
export function nothingWaits({ name }: Pick<DeployContext, "name">): BentoError {
  return new BentoError("BENTO_CONFLICT", "no deployment waits for a word", {
    where: `deployment ${name}`,
    hint: "set pauseAt, e.g. --set pauseAt=PRE_PRODUCTION_TRAFFIC_SHIFT, and deploy; it waits there",
  });
}

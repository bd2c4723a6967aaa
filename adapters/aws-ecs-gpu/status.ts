/**
 * How a deployment does, as CloudFormation and ECS say.
 *
 * @module
 */
import type { DeployContext, DeploymentStatus } from "../adapter.ts";
import { stackState } from "../aws/stack-state.ts";
import { sessionOf, stackOf } from "./details.ts";
import { observedStack, observeService } from "./observe.ts";

export async function statusEcs(context: DeployContext): Promise<DeploymentStatus> {
  const session = await sessionOf(context);
  const stack = await stackOf(session, context);
  if (stack === undefined || stackState(stack.status) === "absent") {
    return { state: "gone", summary: "there is no stack" };
  }
  const service = await observeService(session, stack);
  const { spec } = observedStack(stack);
  const url = stack.outputs["Url"];
  const { desiredTasks = 0, runningTasks = 0, pausedAt, imageDigest } = service ?? {};
  const waits = pausedAt === undefined ? "" : `, a new version waits at ${pausedAt}`;
  const isReady =
    stackState(stack.status) !== "stuck" &&
    service !== undefined &&
    runningTasks > 0 &&
    runningTasks >= desiredTasks;
  // In mid-deploy template and service tell of the new version while the old one still serves.
  const isSteady = stackState(stack.status) === "standing" && imageDigest === spec?.imageDigest;
  const serves = isSteady ? spec?.tag : undefined;
  return {
    state: isReady ? "ready" : "not-ready",
    summary:
      service === undefined
        ? `${stack.name} is ${stack.status} and has no service`
        : `${runningTasks} of ${desiredTasks} tasks run, ${stack.name} is ${stack.status}${waits}`,
    ...(url === undefined ? {} : { url }),
    ...(serves === undefined ? {} : { serves }),
  };
}

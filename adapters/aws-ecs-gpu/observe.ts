/**
 * Asks AWS what stands of a deployment. Reads only.
 *
 * @module
 */
import { isDigest } from "../../core/digest.ts";
import { EcsStackMetadata } from "../../infra/ecs-spec.ts";
import type { DeployContext, Desired } from "../adapter.ts";
import { hasImage, readRepository } from "../aws/ecr.ts";
import { NAME_TAG } from "../aws/ownership.ts";
import { type AwsSession, openSession } from "../aws/session.ts";
import { stackState } from "../aws/stack-state.ts";
import { type ObservedStack, readStack } from "../aws/stacks.ts";
import { imageDigestOf, newestDeployment, readService, readTaskDefinition } from "./ecs-reads.ts";
import type { EcsObserved, EcsObservedService, EcsObservedStack } from "./observed.ts";
import type { AwsEcsGpuOptions } from "./options.ts";
import { servicePlace } from "./service-place.ts";
import { AWS_ECS_GPU, ecsTarget } from "./target.ts";

/** @throws BentoError as `ecsTarget` before anything is asked; BENTO_UNREACHABLE, BENTO_INVALID_CONFIG as `openSession` */
export async function observeEcs(
  context: DeployContext,
  desired: Desired<AwsEcsGpuOptions>,
): Promise<EcsObserved> {
  const target = ecsTarget(desired);
  const { account, region } = desired.options;
  const session = await openSession({ platform: AWS_ECS_GPU, account, region, context });
  const repository = await readRepository(session, target.repository);
  const isPushed =
    repository !== undefined &&
    isDigest(target.imageDigest) &&
    (await hasImage(session, target.repository, target.imageDigest));
  const stack = await readStack(session, target.serviceStack);
  const service = stack === undefined ? undefined : await observeService(session, stack);
  return {
    account: session.account,
    region: session.region,
    hasRepository: repository !== undefined,
    ...given("repositoryBento", repository?.tags[NAME_TAG]),
    hasImage: isPushed,
    ...given("stack", stack === undefined ? undefined : observedStack(stack)),
    ...given("service", service),
  };
}

/** What the stack says of itself. */
export function observedStack({ id, status, tags, template }: ObservedStack): EcsObservedStack {
  const metadata = EcsStackMetadata.safeParse(template.Metadata).data?.bentokit;
  return {
    id,
    status,
    ...given("bento", tags[NAME_TAG]),
    ...given("spec", metadata?.spec),
    ...given("constructs", metadata?.constructs),
  };
}

/** @returns undefined as long as the stack has no service */
export async function observeService(
  session: AwsSession,
  { name, status }: Pick<ObservedStack, "name" | "status">,
): Promise<EcsObservedService | undefined> {
  const state = stackState(status);
  const place =
    state === "absent" || state === "unborn" ? undefined : await servicePlace(session, name);
  const service = place === undefined ? undefined : await readService(session, place);
  if (place === undefined || service === undefined) {
    return undefined;
  }
  const { taskDefinition } = service;
  const task =
    taskDefinition === undefined ? undefined : await readTaskDefinition(session, taskDefinition);
  const deployment = state === "busy" ? await newestDeployment(session, place) : undefined;
  return {
    ...given("imageDigest", task === undefined ? undefined : imageDigestOf(task)),
    ...given("taskDefinition", taskDefinition),
    desiredTasks: service.desiredCount ?? 0,
    runningTasks: service.runningCount ?? 0,
    ...given("pausedAt", isPaused(deployment) ? deployment?.lifecycleStage : undefined),
  };
}

function isPaused(deployment: Awaited<ReturnType<typeof newestDeployment>>): boolean {
  return (
    deployment?.lifecycleHookDetails?.some(({ status }) => status === "AWAITING_ACTION") === true
  );
}

function given<Name extends string, Value>(
  name: Name,
  value: Value | undefined,
): { [Key in Name]?: Value } {
  return value === undefined ? {} : ({ [name]: value } as { [Key in Name]: Value });
}

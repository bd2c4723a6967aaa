/**
 * Revisions of a service's task definition: those that ECS still knows are the versions that stand or stood.
 *
 * @module
 */
import type { ServiceDeployment, Tag, TaskDefinition } from "@aws-sdk/client-ecs";
import { isDigest } from "../../core/digest.ts";
import type { DeployContext, DeployedVersion } from "../adapter.ts";
import { awsCall } from "../aws/aws-error.ts";
import type { AwsSession } from "../aws/session.ts";
import { imageDigestOf, newestDeployment, readService } from "./ecs-reads.ts";
import { servicePlace } from "./service-place.ts";
import { serviceStackName } from "./target.ts";

/** Enough to go back to; each is asked for by itself. */
const MOST = 20;

/** The tag of a task definition that names its bento. */
const VERSION_TAG = "bento:version";

/** Newest first; those that are out of use as well, because they can be deployed again. */
export async function versionsOf(
  session: AwsSession,
  context: Pick<DeployContext, "name">,
): Promise<readonly DeployedVersion[]> {
  const place = await servicePlace(session, serviceStackName(context.name));
  const service = place === undefined ? undefined : await readService(session, place);
  if (place === undefined || service?.taskDefinition === undefined) {
    return [];
  }
  const { taskDefinition } = service;
  const found = await revisionsOf(session, familyOf(taskDefinition));
  const at = found.findIndex(({ definition }) => definition.taskDefinitionArn === taskDefinition);
  const share = shareOf(await newestDeployment(session, place));
  return found.map(({ definition, tags }, index) => {
    const percent = index === at ? share : index === at + 1 ? 100 - share : 0;
    return versionOf(definition, tags, { percent });
  });
}

/** Per cent of the traffic that the version has which a service names: ECS names the new one from the start. */
function shareOf(deployment: ServiceDeployment | undefined): number {
  const { status, targetServiceRevision } = deployment ?? {};
  return status === "IN_PROGRESS" || status === "PENDING"
    ? (targetServiceRevision?.requestedProductionTrafficWeight ?? 0)
    : 100;
}

export interface Revision {
  readonly definition: TaskDefinition;
  readonly tags: readonly Tag[];
}

/** Newest first, in use or not. */
export async function revisionsOf(
  session: AwsSession,
  family: string,
): Promise<readonly Revision[]> {
  const ecs = await session.ecs();
  const arns: string[] = [];
  for (const status of ["ACTIVE", "INACTIVE"] as const) {
    const { taskDefinitionArns = [] } = await awsCall(
      session,
      { action: "ecs:ListTaskDefinitions", resource: family },
      (call) =>
        ecs.listTaskDefinitions(
          { familyPrefix: family, status, sort: "DESC", maxResults: MOST },
          call,
        ),
    );
    arns.push(...taskDefinitionArns);
  }
  const newest = arns.sort((one, other) => revisionOf(other) - revisionOf(one)).slice(0, MOST);
  const revisions: Revision[] = [];
  for (const arn of newest) {
    const { taskDefinition, tags = [] } = await awsCall(
      session,
      { action: "ecs:DescribeTaskDefinition", resource: arn },
      (call) => ecs.describeTaskDefinition({ taskDefinition: arn, include: ["TAGS"] }, call),
    );
    if (taskDefinition !== undefined) {
      revisions.push({ definition: taskDefinition, tags });
    }
  }
  return revisions;
}

/** `…:task-definition/family:7` → `family`. */
export function familyOf(arn: string): string {
  return arn.slice(arn.lastIndexOf("/") + 1, arn.lastIndexOf(":"));
}

function revisionOf(arn: string): number {
  return Number(arn.slice(arn.lastIndexOf(":") + 1));
}

function versionOf(
  definition: TaskDefinition,
  tags: readonly Tag[],
  { percent }: { readonly percent: number },
): DeployedVersion {
  const bento = tags.find(({ key }) => key === VERSION_TAG)?.value;
  const image = imageDigestOf(definition);
  return {
    id: String(definition.revision ?? 0),
    ...(bento === undefined ? {} : { bento }),
    ...(image !== undefined && isDigest(image) ? { image } : {}),
    percent,
    ...(definition.registeredAt === undefined ? {} : { at: definition.registeredAt.toISOString() }),
  };
}

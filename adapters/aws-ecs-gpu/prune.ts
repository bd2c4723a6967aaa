/**
 * Removes what nothing needs any more: images that neither a record nor a version that stays names, and task definitions
 * that are still offered though nothing runs them.
 *
 * @module
 */
import type { Digest } from "../../core/digest.ts";
import type { DeployContext, Pruned, PruneRequest } from "../adapter.ts";
import { awsCall } from "../aws/aws-error.ts";
import { deleteImages, listImages, type RepositoryImage } from "../aws/ecr.ts";
import type { AwsSession } from "../aws/session.ts";
import { sessionOf, stackOf } from "./details.ts";
import { imageDigestOf } from "./ecs-reads.ts";
import { observedStack, observeService } from "./observe.ts";
import { familyOf, type Revision, revisionsOf } from "./versions.ts";

export async function pruneEcs(request: PruneRequest, context: DeployContext): Promise<Pruned> {
  const session = await sessionOf(context);
  const stack = await stackOf(session, context);
  const spec = stack === undefined ? undefined : observedStack(stack).spec;
  const service = stack === undefined ? undefined : await observeService(session, stack);
  if (spec === undefined || service?.taskDefinition === undefined) {
    return { removed: [], kept: [] };
  }
  const { taskDefinition } = service;
  const revisions = await revisionsOf(session, familyOf(taskDefinition));
  const others = revisions.filter(
    ({ definition }) => definition.taskDefinitionArn !== taskDefinition,
  );
  const kept = others.slice(0, request.keep);
  const reasons = reasonsOf({ kept, request, serving: spec.imageDigest });
  const images = await Array.fromAsync(listImages(session, spec.repository));
  const unneeded = images.filter((image) => isUnneeded(image, reasons));
  const retired = others
    .slice(request.keep)
    .filter(({ definition }) => definition.status === "ACTIVE");
  if (!request.isDry) {
    await retire(session, retired);
    await deleteImages(
      session,
      spec.repository,
      unneeded.map(({ digest }) => digest),
    );
  }
  return {
    removed: [
      ...retired.map(({ definition }) => `task definition ${definition.taskDefinitionArn}`),
      ...unneeded.map((image) => `image ${spec.repository}@${image.digest}${tagsOf(image)}`),
    ],
    kept: images.flatMap((image) => {
      const reason = reasons.get(image.digest);
      return reason === undefined
        ? []
        : [`image ${spec.repository}@${image.digest}${tagsOf(image)}: ${reason}`];
    }),
  };
}

interface Kept {
  readonly kept: readonly Revision[];
  readonly request: PruneRequest;
  readonly serving: string;
}

/** Why an image stays, by digest. */
function reasonsOf({ kept, request, serving }: Kept): ReadonlyMap<string, string> {
  return new Map([
    ...[...request.recorded].map((digest): [string, string] => [digest, "a record names it"]),
    ...kept.flatMap(({ definition }): [string, string][] => {
      const digest = imageDigestOf(definition);
      const revision = `task definition ${definition.family}:${definition.revision} names it`;
      return digest === undefined ? [] : [[digest, revision]];
    }),
    [serving, "it serves"],
  ]);
}

/** Documents about an image go with it: ECR removes them itself once it is gone. */
function isUnneeded(
  { digest, subject }: RepositoryImage,
  reasons: ReadonlyMap<string, string>,
): boolean {
  return subject === undefined && !reasons.has(digest);
}

function tagsOf({ tags }: { readonly digest: Digest; readonly tags: readonly string[] }): string {
  return tags.length === 0 ? "" : ` (${tags.join(", ")})`;
}

async function retire(session: AwsSession, revisions: readonly Revision[]): Promise<void> {
  const ecs = await session.ecs();
  for (const { definition } of revisions) {
    const taskDefinition = definition.taskDefinitionArn;
    await awsCall(
      session,
      { action: "ecs:DeregisterTaskDefinition", resource: taskDefinition },
      (call) => ecs.deregisterTaskDefinition({ taskDefinition }, call),
    );
  }
}

/**
 * Carries a plan out: the repository, the image, the stack. Each step is left out where the plan has none of its kind, so
 * that a deploy that was killed goes on where it was.
 *
 * @module
 */
import { BentoError } from "../../core/bento-error.ts";
import { type Digest, digestHex, isDigest } from "../../core/digest.ts";
import { type PlanAction, planDigest } from "../../core/plan.ts";
import type { EcsAppSpec } from "../../infra/ecs-spec.ts";
import { homeImages } from "../../oci/home-images.ts";
import type { ApplyRequest, DeployContext } from "../adapter.ts";
import { awsCall } from "../aws/aws-error.ts";
import { deployStack } from "../aws/deploy-stack.ts";
import { pushToEcr } from "../aws/push-to-ecr.ts";
import { type AwsSession, openSession } from "../aws/session.ts";
import { announcedChanges } from "./announced-changes.ts";
import { candidateOf, type EcsCandidate } from "./candidate.ts";
import { deployService } from "./deploy-service.ts";
import { stackOf } from "./details.ts";
import { goldenQuestions } from "./golden-questions.ts";
import { importApp } from "./import-app.ts";
import { observedStack } from "./observe.ts";
import type { AwsEcsGpuOptions } from "./options.ts";
import { servicePlace } from "./service-place.ts";
import { AWS_ECS_GPU, ecsTarget } from "./target.ts";

type Request = ApplyRequest<AwsEcsGpuOptions>;

export async function applyEcs(request: Request, context: DeployContext): Promise<EcsCandidate> {
  const { account, region } = request.desired.options;
  const session = await openSession({ platform: AWS_ECS_GPU, account, region, context });
  const spec = ecsTarget(request.desired, session);
  const standing = await stackOf(session, context);
  const before = standing === undefined ? undefined : observedStack(standing).spec;
  const kinds = new Set(request.plan.actions.map(({ kind }) => kind));
  if (kinds.has("registry")) {
    await deployRegistry(session, { request, spec }, context);
  }
  if (kinds.has("push")) {
    await pushImage(session, spec, context);
  }
  let pausedAt: string | undefined;
  if (
    ["create", "update", "replace", "version"].some((kind) => kinds.has(kind as PlanAction["kind"]))
  ) {
    pausedAt = await deployService(
      session,
      {
        spec,
        changeSetName: changeSetName(request),
        ...announcedChanges(request.plan),
        isReplaceAnnounced: kinds.has("delete"),
        deadlineMs: request.desired.options.deployTimeoutMinutes * 60_000,
      },
      context,
    );
  } else if (kinds.has("traffic")) {
    await returnToStack(session, spec);
  }
  const questions = request.desired.options.goldenTask
    ? await goldenQuestions(request.directory)
    : undefined;
  return await candidateOf(session, context, { before, pausedAt, questions });
}

async function deployRegistry(
  session: AwsSession,
  { request, spec }: { readonly request: Request; readonly spec: EcsAppSpec },
  context: DeployContext,
): Promise<void> {
  const { writeEcsApp } = await importApp(context.projectDirectory);
  await deployStack(session, {
    synthesize: async (outdir) => writeEcsApp(spec, outdir),
    stackName: spec.registryStack,
    bentoName: spec.bentoName,
    changeSetName: changeSetName(request),
    expected: [],
    isReplaceAnnounced: true, // one that was rolled back when it was made holds nothing
    home: context.home,
    onProgress: context.onProgress,
  });
}

async function pushImage(
  session: AwsSession,
  spec: EcsAppSpec,
  context: DeployContext,
): Promise<void> {
  const version = spec.tag.slice(spec.tag.indexOf(":") + 1);
  await pushToEcr(session, {
    repository: spec.repository,
    layoutDirectory: homeImages(context.home),
    digest: expectDigest(spec.imageDigest),
    tags: [version],
    onProgress: context.onProgress,
  });
}

/** Two deploys of one plan use one change set; two plans never do. */
export function changeSetName({ plan }: Pick<Request, "plan">): string {
  return `bento-${digestHex(planDigest(plan)).slice(0, 12)}`;
}

/** The stack's own task definition again, where somebody set another one past it. */
async function returnToStack(session: AwsSession, spec: EcsAppSpec): Promise<void> {
  const place = await servicePlace(session, spec.serviceStack);
  const cloudFormation = await session.cloudFormation();
  const { StackResources = [] } = await awsCall(
    session,
    { action: "cloudformation:DescribeStackResources", resource: spec.serviceStack },
    (call) => cloudFormation.describeStackResources({ StackName: spec.serviceStack }, call),
  );
  const taskDefinition = StackResources.find(
    ({ ResourceType }) => ResourceType === "AWS::ECS::TaskDefinition",
  )?.PhysicalResourceId;
  if (place === undefined || taskDefinition === undefined) {
    throw new BentoError("BENTO_CONFLICT", "the stack's service is gone", {
      where: `stack ${spec.serviceStack}`,
      hint: "destroy the deployment and deploy it again",
    });
  }
  const ecs = await session.ecs();
  const { cluster, service } = place;
  await awsCall(session, { action: "ecs:UpdateService", resource: service }, (call) =>
    ecs.updateService({ cluster, service, taskDefinition }, call),
  );
}

function expectDigest(text: string): Digest {
  if (!isDigest(text)) {
    throw new BentoError("BENTO_BUG", `not an image digest: ${text}`);
  }
  return text;
}

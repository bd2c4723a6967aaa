/**
 * Brings a new version up on AWS Lambda, without traffic: repository, image, stack, code, version. What stands is looked
 * at again first, so that each step is done once however often a deploy is started.
 *
 * @module
 */
import { BentoError } from "../../core/bento-error.ts";
import { runStep } from "../../core/run-step.ts";
import { formatTag } from "../../core/tag.ts";
import { homeImages } from "../../oci/home-images.ts";
import type { ApplyRequest, Candidate, DeployContext } from "../adapter.ts";
import { readRepository } from "../aws/ecr.ts";
import { pushToEcr } from "../aws/push-to-ecr.ts";
import type { AwsSession } from "../aws/session.ts";
import { applyRegistryStack, applyServiceStack } from "./apply-stacks.ts";
import { type Decision, decide } from "./decide.ts";
import { invokeOverHttp } from "./invoke.ts";
import { type LambdaDetails, openFunction, recorded } from "./lambda-place.ts";
import { expectAlias } from "./move-alias.ts";
import { observeLambda } from "./observe.ts";
import { sharesOf } from "./observed.ts";
import type { AwsLambdaOptions } from "./options.ts";
import { readFunction, readVersion } from "./read-function.ts";
import { boundEnvironments, releaseVersion } from "./release.ts";

export async function applyLambda(
  request: ApplyRequest<AwsLambdaOptions>,
  context: DeployContext,
): Promise<Candidate> {
  const { desired, plan } = request;
  const { session, details } = await openFunction(context, desired.options);
  const decision = decide(desired, await observeLambda(context, desired));
  const stacks = { session, plan, decision, context };
  if (decision.needsRegistry) {
    await applyRegistryStack(stacks);
    await expectRepository(session, decision);
  }
  if (decision.needsPush) {
    await push(request, { session, context, decision });
  }
  let url = details.url;
  if (decision.stack !== "none") {
    url = (await applyServiceStack(stacks))["FunctionUrl"];
  }
  const version = await versionOf(request, { session, context, decision });
  return await candidateOf(session, { decision, version, url });
}

/** One that was deleted by hand stays away: its stack takes it to be there. */
async function expectRepository(session: AwsSession, { spec }: Decision): Promise<void> {
  if ((await readRepository(session, spec.repository)) === undefined) {
    throw new BentoError("BENTO_CONFLICT", `repository ${spec.repository} was deleted by hand`, {
      where: `stack ${spec.registryStack}, which has made it`,
      hint: `take that stack away, then deploy again: aws cloudformation delete-stack --region ${session.region} --stack-name ${spec.registryStack}`,
    });
  }
}

interface Work {
  readonly session: AwsSession;
  readonly context: DeployContext;
  readonly decision: Decision;
}

async function push(
  { desired: { image, manifest }, plan }: ApplyRequest,
  { session, context, decision }: Work,
): Promise<void> {
  if (image === undefined) {
    throw new BentoError("BENTO_BUG", `a plan of ${plan.name} without an image`);
  }
  await pushToEcr(session, {
    repository: decision.spec.repository,
    layoutDirectory: homeImages(context.home),
    digest: image.digest,
    tags: [manifest.version],
    onProgress: context.onProgress,
    signal: context.signal,
  });
}

/** What the stack made, what stands already, or a new one. */
async function versionOf(
  { desired }: ApplyRequest<AwsLambdaOptions>,
  { session, context, decision }: Work,
): Promise<string> {
  const { functionName } = decision.spec.settings;
  const latest = await readFunction(session, functionName);
  const { image } = desired;
  if (latest === undefined || image === undefined) {
    throw new BentoError("BENTO_UNHEALTHY", `function ${functionName} is not there`, {
      where: `stack ${decision.spec.serviceStack}`,
      hint: "deploy again",
    });
  }
  const alias = await expectAlias(session, functionName);
  for (const id of Object.keys(sharesOf(alias))) {
    const version = await readVersion(session, functionName, id);
    if (version?.image === image.digest && version.settings === latest.settings) {
      if (decision.isFirst) {
        await boundEnvironments(session, id, decision.spec);
      }
      return id;
    }
  }
  return await runStep(
    context.onProgress,
    { step: "publish", detail: (id) => `version ${id}` },
    () =>
      releaseVersion(session, {
        spec: decision.spec,
        image: { digest: image.digest, repository: decision.spec.repository },
        tag: formatTag(desired.bento),
        latest,
      }),
  );
}

async function candidateOf(
  session: AwsSession,
  {
    decision,
    version,
    url,
  }: { readonly decision: Decision; readonly version: string; readonly url: string | undefined },
): Promise<Candidate> {
  const { functionName } = decision.spec.settings;
  const latest = await readFunction(session, functionName);
  const alias = await expectAlias(session, functionName);
  const details: LambdaDetails = {
    bento: decision.spec.bentoName,
    account: session.account,
    region: session.region,
    functionName,
    aliasArn: alias.arn,
    stack: decision.spec.serviceStack,
    repository: decision.spec.repository,
    version,
    traffic: sharesOf(alias),
    logGroup: latest?.logGroup,
    url,
  };
  return {
    details: recorded(details),
    ...(url === undefined ? {} : { url }),
    send: (path, init) => invokeOverHttp(session, { functionName, version }, { path, init }),
  };
}

/**
 * Looks at what stands on AWS for one deployment. CloudFormation is asked only where the function's own label says that
 * its settings differ, so that who only brings new versions needs no right to it.
 *
 * @module
 */
import { BentoError } from "../../core/bento-error.ts";
import { canonicalJson } from "../../core/canonical-json.ts";
import { type Digest, digestOf } from "../../core/digest.ts";
import { LambdaStackMetadata, lambdaSettingsDigest } from "../../infra/lambda-spec.ts";
import type { DeployContext, Desired } from "../adapter.ts";
import { isAccessDenied } from "../aws/aws-error.ts";
import { policyLine } from "../aws/aws-refusal.ts";
import { hasImage, readRepository } from "../aws/ecr.ts";
import { NAME_TAG } from "../aws/ownership.ts";
import type { AwsSession } from "../aws/session.ts";
import { readStack } from "../aws/stacks.ts";
import { awaitUpdated } from "./await-function.ts";
import { openFunction } from "./lambda-place.ts";
import type {
  LambdaObserved,
  ObservedAlias,
  ObservedFunction,
  ObservedService,
  ObservedVersion,
} from "./observed.ts";
import { repositoryIn, sharesOf } from "./observed.ts";
import type { AwsLambdaOptions } from "./options.ts";
import { listVersions, readAlias, readFunction, readVersion } from "./read-function.ts";
import { lambdaTarget, serviceStackName } from "./target.ts";
import { hasVanished } from "./vanished.ts";

export async function observeLambda(
  context: DeployContext,
  desired: Desired<AwsLambdaOptions>,
): Promise<LambdaObserved> {
  const observed = await observeOnce(context, desired);
  const { functionName = desired.name } = desired.options;
  // a stack may have been done between the look at the function and the look at the stack
  return hasVanished(observed, functionName) ? await observeOnce(context, desired) : observed;
}

async function observeOnce(
  context: DeployContext,
  desired: Desired<AwsLambdaOptions>,
): Promise<LambdaObserved> {
  lambdaTarget(desired); // what Lambda would never take is said before AWS is asked
  const { session, functionName, details } = await openFunction(context, desired.options);
  const { account, region } = session;
  const latest = await readSettled(session, functionName);
  const alias = latest === undefined ? undefined : await readAlias(session, functionName);
  const versions = alias === undefined ? [] : await withTraffic(session, functionName, alias);
  const target = lambdaTarget(desired, { account, region, profile: latest?.profile });
  const isAsDesired =
    latest?.isAdopted === true ||
    (alias !== undefined && latest?.spec === lambdaSettingsDigest(target.settings));
  const image = { ...target.image, repository: repositoryIn(target, latest) };
  return {
    account,
    region,
    function: latest,
    alias,
    versions,
    repository: await repositoryOf(session, image, [latest?.image, ...imagesOf(versions)]),
    stack: isAsDesired
      ? "not-asked"
      : await readService(session, serviceStackName(desired.name), {
          functionName,
          isNew: latest === undefined,
        }),
    versionCount:
      latest?.isManaged === true ? (await listVersions(session, functionName)).length : undefined,
    recorded: details.traffic,
  };
}

/** An update that is under way, such as one of a deploy that was killed, is waited for. */
async function readSettled(
  session: AwsSession,
  functionName: string,
): Promise<ObservedFunction | undefined> {
  const found = await readFunction(session, functionName);
  if (found?.isUpdating !== true) {
    return found;
  }
  await awaitUpdated(session, functionName);
  return await readFunction(session, functionName);
}

async function withTraffic(
  session: AwsSession,
  functionName: string,
  alias: ObservedAlias,
): Promise<ObservedVersion[]> {
  const versions: ObservedVersion[] = [];
  for (const id of Object.keys(sharesOf(alias))) {
    const version = await readVersion(session, functionName, id);
    if (version !== undefined) {
      versions.push(version);
    }
  }
  return versions;
}

function imagesOf(versions: readonly ObservedVersion[]): (Digest | undefined)[] {
  return versions.map(({ image }) => image);
}

async function repositoryOf(
  session: AwsSession,
  image: { readonly repository: string; readonly digest: string },
  running: readonly (string | undefined)[],
): Promise<LambdaObserved["repository"]> {
  if (running.includes(image.digest)) {
    return undefined;
  }
  const found = await readRepository(session, image.repository);
  return {
    isThere: found !== undefined,
    hasImage:
      found !== undefined && (await hasImage(session, image.repository, image.digest as Digest)),
  };
}

async function readService(
  session: AwsSession,
  stackName: string,
  { functionName, isNew }: { readonly functionName: string; readonly isNew: boolean },
): Promise<ObservedService | undefined> {
  try {
    const stack = await readStack(session, stackName);
    return stack === undefined
      ? undefined
      : {
          id: stack.id,
          status: stack.status,
          template: digestOf(canonicalJson(stack.template)),
          bentoName: stack.tags[NAME_TAG],
          spec: LambdaStackMetadata.safeParse(stack.template.Metadata).data?.bentokit.spec,
        };
  } catch (cause) {
    if (!isAccessDenied(cause) || !BentoError.isInstance(cause)) {
      throw cause;
    }
    const what = isNew
      ? `function ${functionName} is not there, and only the deploy policy may make it`
      : `the settings of function ${functionName} are not as desired, and only the deploy policy may change them`;
    throw new BentoError(cause.code, `${what}\n${cause.message}`, {
      where: cause.where,
      hint: `deploy with the rights that ${policyLine(session)} prints; or leave the settings as they are`,
      cause,
    });
  }
}

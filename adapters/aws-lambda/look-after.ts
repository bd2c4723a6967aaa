/**
 * How a deployment on AWS Lambda does: its alias, the versions behind it, what they log. Nobody is invoked for that.
 *
 * @module
 */
import { BentoError } from "../../core/bento-error.ts";
import type {
  DeployContext,
  DeployedVersion,
  DeploymentStatus,
  LogOptions,
  Shifted,
  Standing,
} from "../adapter.ts";
import { tailLogGroup } from "../aws/logs.ts";
import {
  type LambdaDetails,
  type LambdaFunctionPlace,
  openFunction,
  recorded,
} from "./lambda-place.ts";
import { expectAlias } from "./move-alias.ts";
import type { ObservedVersion } from "./observed.ts";
import { sharesOf } from "./observed.ts";
import { listVersions, readAlias, readFunction, readVersion } from "./read-function.ts";
import { serviceStackName } from "./target.ts";

export async function lambdaStatus(context: DeployContext): Promise<DeploymentStatus> {
  const place = await openFunction(context);
  const { session, functionName, details } = place;
  const alias = await readAlias(session, functionName);
  if (alias === undefined) {
    const latest = await readFunction(session, functionName);
    return latest === undefined
      ? { state: "gone", summary: `function ${functionName} is not there` }
      : { state: "not-ready", summary: `function ${functionName} has no alias live yet` };
  }
  const shares = sharesOf(alias);
  const found = await Promise.all(
    Object.keys(shares).map((id) => readVersion(session, functionName, id)),
  );
  const problems = found.flatMap((version) =>
    version === undefined || version.state === "Failed" || version.state === "Pending"
      ? [
          `version ${version?.id} is ${version?.state}: ${version?.stateReason ?? "no reason is given"}`,
        ]
      : [],
  );
  const words = Object.entries(shares).map(([id, percent]) => {
    const bento = found.find((version) => version?.id === id)?.bento;
    return `version ${id}${bento === undefined ? "" : ` (${bento})`} ${percent} %`;
  });
  const serves = found.length === 1 ? found[0]?.bento : undefined;
  return {
    state: problems.length === 0 ? "ready" : "not-ready",
    summary: [`${functionName}:live → ${words.join(", ")}`, ...problems].join("; "),
    ...(details.url === undefined ? {} : { url: details.url }),
    ...(serves === undefined ? {} : { serves }),
  };
}

/** What stands, of the platform alone. */
export async function findLambda(context: DeployContext): Promise<Standing | undefined> {
  const place = await openFunction(context);
  const alias = await readAlias(place.session, place.functionName);
  return alias === undefined ? undefined : await standingOf(place, context, alias.version);
}

export async function lambdaVersions(context: DeployContext): Promise<readonly DeployedVersion[]> {
  const { session, functionName } = await openFunction(context);
  const alias = await readAlias(session, functionName);
  const shares = alias === undefined ? {} : sharesOf(alias);
  const versions = await listVersions(session, functionName);
  return versions.map((version) => deployedVersion(version, shares));
}

export async function* lambdaLogs(
  { tail, follow }: LogOptions,
  context: DeployContext,
): AsyncIterable<string> {
  const { session, functionName, details } = await openFunction(context);
  const group = (await readFunction(session, functionName))?.logGroup ?? details.logGroup;
  if (group === undefined) {
    throw new BentoError("BENTO_NOT_FOUND", `function ${functionName} has no log`, {
      where: `${session.region}, account ${session.account}`,
      hint: "deploy it first: bento deploy --platform aws-lambda",
    });
  }
  yield* tailLogGroup(session, { group, tail, follow, signal: context.signal });
}

/** What a record keeps of what stands now. */
export async function standingOf(
  { session, functionName, details }: LambdaFunctionPlace,
  context: Pick<DeployContext, "name">,
  version: string,
): Promise<Standing> {
  const alias = await expectAlias(session, functionName);
  const { logGroup, url, bento, repository } = details;
  const isKnown = logGroup !== undefined && bento !== undefined && repository !== undefined;
  const latest = isKnown ? undefined : await readFunction(session, functionName);
  const group = logGroup ?? latest?.logGroup;
  const known: LambdaDetails = {
    bento: bento ?? latest?.bentoName ?? "",
    account: session.account,
    region: session.region,
    functionName,
    aliasArn: alias.arn,
    stack: details.stack ?? serviceStackName(context.name),
    repository: repository ?? latest?.repository ?? "",
    version,
    traffic: sharesOf(alias),
    logGroup: group,
    url,
  };
  return { details: recorded(known), ...(url === undefined ? {} : { url }) };
}

/** The same with the versions that have traffic, the largest share first. */
export async function shiftedOf(
  place: LambdaFunctionPlace,
  context: Pick<DeployContext, "name">,
  version: string,
): Promise<Shifted> {
  const standing = await standingOf(place, context, version);
  const { session, functionName } = place;
  const shares = sharesOf(await expectAlias(session, functionName));
  const found = await Promise.all(
    Object.keys(shares).map((id) => readVersion(session, functionName, id)),
  );
  const versions = found
    .filter((one) => one !== undefined)
    .map((one) => deployedVersion(one, shares))
    .sort((a, b) => b.percent - a.percent);
  return { ...standing, versions };
}

function deployedVersion(
  { id, bento, image, at }: ObservedVersion,
  shares: Readonly<Record<string, number>>,
): DeployedVersion {
  return {
    id,
    ...(bento === undefined ? {} : { bento }),
    ...(image === undefined ? {} : { image }),
    percent: shares[id] ?? 0,
    ...(at === undefined ? {} : { at }),
  };
}

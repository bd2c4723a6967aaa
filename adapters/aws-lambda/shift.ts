/**
 * Moves traffic between versions that stand: a canary's share, all of it, none, or back to an earlier version. Each is
 * one UpdateAlias.
 *
 * @module
 */
import { BentoError } from "../../core/bento-error.ts";
import type { DeployContext, RestoreRequest, Shifted, TrafficShift } from "../adapter.ts";
import type { AliasTarget } from "./decide.ts";
import {
  functionArn,
  LambdaDetails,
  type LambdaFunctionPlace,
  openFunction,
} from "./lambda-place.ts";
import { shiftedOf } from "./look-after.ts";
import { expectAlias, moveAlias } from "./move-alias.ts";
import type { ObservedAlias, ObservedVersion } from "./observed.ts";
import { listVersions, readFunction } from "./read-function.ts";

/**
 * @throws BentoError BENTO_NOT_FOUND where no canary is under way; BENTO_CONFLICT where a CDK app owns the alias
 */
export async function shiftLambda(request: TrafficShift, context: DeployContext): Promise<Shifted> {
  const place = await openFunction(context);
  const { session, functionName } = place;
  await refuseForeignAlias(place);
  const from = await expectAlias(session, functionName);
  const [canary] = Object.keys(from.others);
  if (canary === undefined) {
    throw new BentoError(
      "BENTO_NOT_FOUND",
      `no canary is under way: version ${from.version} has all the traffic`,
      {
        where: functionArn(session, functionName, "live"),
        hint: "start one: bento deploy --platform aws-lambda --canary 10",
      },
    );
  }
  const target = targetOf(request, { stable: from.version, canary });
  await moveAlias(session, { functionName, target, from });
  const version = request.kind === "abort" ? from.version : canary;
  return await shiftedOf(place, context, version);
}

function targetOf(
  request: TrafficShift,
  { stable, canary }: { readonly stable: string; readonly canary: string },
): AliasTarget {
  const percent =
    request.kind === "weight" ? request.percent : request.kind === "complete" ? 100 : 0;
  if (percent >= 100) {
    return { version: canary, others: {} };
  }
  return percent <= 0
    ? { version: stable, others: {} }
    : { version: stable, others: { [canary]: percent } };
}

/**
 * @throws BentoError BENTO_NOT_FOUND where no such version stands; BENTO_CONFLICT where a CDK app owns the alias
 */
export async function restoreLambda(
  request: RestoreRequest,
  context: DeployContext,
): Promise<Shifted> {
  const place = await openFunction(context);
  const { session, functionName } = place;
  await refuseForeignAlias(place);
  const from = await expectAlias(session, functionName);
  const versions = await listVersions(session, functionName);
  const { id } = earlier(request, { versions, from, functionName });
  await moveAlias(session, { functionName, target: { version: id, others: {} }, from });
  return await shiftedOf(place, context, id);
}

interface Standing {
  readonly versions: readonly ObservedVersion[];
  readonly from: ObservedAlias;
  readonly functionName: string;
}

/** The one that is named, else that of the record, else what a canary leaves, else the next lower one. */
function earlier({ to, before }: RestoreRequest, standing: Standing): ObservedVersion {
  const { versions, from, functionName } = standing;
  const recorded = LambdaDetails.partial().safeParse(before?.details ?? {}).data?.version;
  const isWhole = Object.keys(from.others).length === 0;
  const stable = isWhole ? undefined : from.version;
  const wanted = isWhole && recorded === from.version ? undefined : (recorded ?? stable);
  const found =
    to !== undefined
      ? versions.find(({ id, bento }) => id === to || bento === to)
      : (versions.find(({ id }) => id === wanted) ??
        versions.find(({ id }) => id === stable || Number(id) < Number(from.version)));
  if (found !== undefined) {
    return found;
  }
  const have = versions.map(({ id, bento }) => (bento === undefined ? id : `${id} (${bento})`));
  throw new BentoError(
    "BENTO_NOT_FOUND",
    to === undefined
      ? `no version before ${from.version} stands`
      : `no version ${JSON.stringify(to)} stands`,
    { where: `function ${functionName}`, hint: `versions: ${have.join(", ") || "none"}` },
  );
}

/** Where the alias is in a template that somebody deploys, that would move it back. */
async function refuseForeignAlias({ session, functionName }: LambdaFunctionPlace): Promise<void> {
  const latest = await readFunction(session, functionName);
  if (latest !== undefined && latest.spec === undefined && !latest.isAdopted) {
    throw new BentoError(
      "BENTO_CONFLICT",
      `the alias of ${functionName} is a CDK app's of its own`,
      {
        where: latest.arn,
        hint: 'shift traffic in that app, or give its BentoLambda traffic: "cli"',
      },
    );
  }
}

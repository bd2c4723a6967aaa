/**
 * Where a deployment's function is: from what is asked for, else from its last record, else from its name.
 *
 * @module
 */
import * as z from "zod";
import { BentoError } from "../../core/bento-error.ts";
import { given } from "../../infra/given.ts";
import type { DeployContext, Standing } from "../adapter.ts";
import { formatArn } from "../aws/arn.ts";
import { type AwsSession, openSession } from "../aws/session.ts";
import { AwsLambdaOptions } from "./options.ts";
import { AWS_LAMBDA } from "./target.ts";

/** The alias that callers invoke. */
export const LIVE = "live";

/** What a record keeps of a deployment here. */
export const LambdaDetails = z.object({
  bento: z.string(),
  account: z.string(),
  region: z.string(),
  functionName: z.string(),
  aliasArn: z.string(),
  stack: z.string(),
  repository: z.string(),
  /** The version that the deploy brought. */
  version: z.string(),
  /** Shares of versions after it, per cent. */
  traffic: z.record(z.string(), z.number()),
  logGroup: z.string().optional(),
  url: z.string().optional(),
});
export type LambdaDetails = z.infer<typeof LambdaDetails>;

const KnownDetails = LambdaDetails.partial();
/** As far as a record goes: that of a deploy that was killed knows little. */
export type KnownDetails = z.infer<typeof KnownDetails>;

/** An open session, with the function that it is about. */
export interface LambdaFunctionPlace {
  readonly session: AwsSession;
  readonly functionName: string;
  /** As the last record has it; what is not known is not there. */
  readonly details: KnownDetails;
}

/**
 * @param options - of this deploy; left out, those of the environment in bentofile.yaml
 * @throws BentoError BENTO_CONFLICT when the deployment stands in another region; whatever `openSession` throws
 */
export async function openFunction(
  context: DeployContext,
  options?: AwsLambdaOptions,
): Promise<LambdaFunctionPlace> {
  const details = detailsOf(context);
  const known = options ?? AwsLambdaOptions.safeParse(context.options ?? {}).data;
  refuseMoved(context, details, known?.region);
  const account = known?.account ?? details.account;
  const region = known?.region ?? details.region;
  return {
    session: await sessionOf(context, { account, region }),
    details,
    functionName:
      options === undefined
        ? (details.functionName ?? known?.functionName ?? context.name)
        : (options.functionName ?? context.name),
  };
}

/** One command asks once who it is. */
const sessions = new WeakMap<DeployContext, Promise<AwsSession>>();

async function sessionOf(
  context: DeployContext,
  place: { readonly account: string | undefined; readonly region: string | undefined },
): Promise<AwsSession> {
  const opened = sessions.get(context) ?? openSession({ platform: AWS_LAMBDA, ...place, context });
  sessions.set(context, opened);
  return await opened;
}

/** What the record says; nothing where it is no record of ours, or of a deploy that did not get so far. */
export function detailsOf({ details }: Pick<DeployContext, "details">): KnownDetails {
  return KnownDetails.safeParse(details ?? {}).data ?? {};
}

/** As a record holds it: what is not known is not there. */
export function recorded({ logGroup, url, ...known }: LambdaDetails): Standing["details"] {
  return { ...known, ...given({ logGroup, url }) };
}

/** @param qualifier - a version or an alias */
export function functionArn(session: AwsSession, functionName: string, qualifier?: string): string {
  const suffix = qualifier === undefined ? "" : `:${qualifier}`;
  return formatArn(session, "lambda", `function:${functionName}${suffix}`);
}

function refuseMoved(
  context: DeployContext,
  { region }: KnownDetails,
  wanted: string | undefined,
): void {
  if (region !== undefined && wanted !== undefined && wanted !== region) {
    throw new BentoError(
      "BENTO_CONFLICT",
      `${context.name} is deployed in ${region}, not in ${wanted}`,
      {
        where: `deployment ${context.name}, environment ${context.environment}`,
        hint: `deploy to ${wanted} under another --name or --env, or destroy this one first`,
      },
    );
  }
}

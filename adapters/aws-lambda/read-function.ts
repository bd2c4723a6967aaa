/**
 * Reads a function, its versions and its alias, and puts Lambda's many words into the few that plans compare.
 *
 * @module
 */
import type { FunctionConfiguration, GetFunctionCommandOutput } from "@aws-sdk/client-lambda";
import { canonicalJson } from "../../core/canonical-json.ts";
import { type Digest, digestOf, isDigest } from "../../core/digest.ts";
import { awsFind } from "../aws/aws-error.ts";
import { NAME_TAG, SPEC_TAG, TRAFFIC_TAG } from "../aws/ownership.ts";
import type { AwsSession } from "../aws/session.ts";
import { functionArn, LIVE } from "./lambda-place.ts";
import { PROFILE_VARIABLE } from "./managed-compute.ts";
import {
  type ObservedAlias,
  type ObservedFunction,
  type ObservedVersion,
  percentOf,
} from "./observed.ts";

/** What stands as `$LATEST`; undefined where there is no function. */
export async function readFunction(
  session: AwsSession,
  functionName: string,
): Promise<ObservedFunction | undefined> {
  const found = await getFunction(session, functionName);
  const configuration = found?.Configuration;
  if (found === undefined || configuration === undefined) {
    return undefined;
  }
  return {
    arn: configuration.FunctionArn ?? functionArn(session, functionName),
    revisionId: configuration.RevisionId ?? "",
    packageType: configuration.PackageType ?? "",
    image: imageOf(configuration, found.Code),
    repository: /^[^/]+\/([^@:]+)/.exec(found.Code?.ImageUri ?? "")?.[1],
    settings: settingsDigest(configuration),
    spec: found.Tags?.[SPEC_TAG],
    bentoName: found.Tags?.[NAME_TAG],
    isAdopted: found.Tags?.[TRAFFIC_TAG] === "cli" && found.Tags[SPEC_TAG] === undefined,
    profile: configuration.Environment?.Variables?.[PROFILE_VARIABLE],
    isUpdating:
      configuration.LastUpdateStatus === "InProgress" || configuration.State === "Pending",
    isManaged: configuration.CapacityProviderConfig !== undefined,
    logGroup: configuration.LoggingConfig?.LogGroup,
  };
}

/** One published version; undefined where it is gone. */
export async function readVersion(
  session: AwsSession,
  functionName: string,
  version: string,
): Promise<ObservedVersion | undefined> {
  const found = await getFunction(session, functionName, version);
  return found?.Configuration === undefined
    ? undefined
    : versionOf(version, found.Configuration, found.Code);
}

/** All published versions, newest first. Their images are those that Lambda's hash of the code names. */
export async function listVersions(
  session: AwsSession,
  functionName: string,
): Promise<ObservedVersion[]> {
  const lambda = await session.lambda();
  const versions: ObservedVersion[] = [];
  let marker: string | undefined;
  do {
    const request = {
      FunctionName: functionName,
      ...(marker === undefined ? {} : { Marker: marker }),
    };
    const page = await awsFind(
      session,
      {
        action: "lambda:ListVersionsByFunction",
        resource: functionArn(session, functionName),
      },
      (call) => lambda.listVersionsByFunction(request, call),
    );
    for (const configuration of page?.Versions ?? []) {
      if (/^\d+$/.test(configuration.Version ?? "")) {
        versions.push(versionOf(configuration.Version ?? "", configuration));
      }
    }
    marker = page?.NextMarker;
  } while (marker !== undefined && marker !== "");
  return versions.sort((a, b) => Number(b.id) - Number(a.id));
}

/** The alias `live`; undefined where there is none. */
export async function readAlias(
  session: AwsSession,
  functionName: string,
): Promise<ObservedAlias | undefined> {
  const lambda = await session.lambda();
  const alias = await awsFind(
    session,
    { action: "lambda:GetAlias", resource: functionArn(session, functionName, LIVE) },
    (call) => lambda.getAlias({ FunctionName: functionName, Name: LIVE }, call),
  );
  if (alias?.FunctionVersion === undefined) {
    return undefined;
  }
  const weights = Object.entries(alias.RoutingConfig?.AdditionalVersionWeights ?? {});
  return {
    arn: alias.AliasArn ?? functionArn(session, functionName, LIVE),
    revisionId: alias.RevisionId ?? "",
    version: alias.FunctionVersion,
    others: Object.fromEntries(
      weights
        .filter(([, weight]) => weight > 0)
        .map(([version, weight]) => [version, percentOf(weight)]),
    ),
  };
}

async function getFunction(
  session: AwsSession,
  functionName: string,
  qualifier?: string,
): Promise<GetFunctionCommandOutput | undefined> {
  const lambda = await session.lambda();
  const request = {
    FunctionName: functionName,
    ...(qualifier === undefined ? {} : { Qualifier: qualifier }),
  };
  return await awsFind(
    session,
    {
      action: "lambda:GetFunction",
      resource: functionArn(session, functionName, qualifier),
    },
    (call) => lambda.getFunction(request, call),
  );
}

function versionOf(
  id: string,
  configuration: FunctionConfiguration,
  code?: GetFunctionCommandOutput["Code"],
): ObservedVersion {
  return {
    id,
    image: imageOf(configuration, code),
    settings: settingsDigest(configuration),
    bento: configuration.Description === "" ? undefined : configuration.Description,
    state: configuration.State,
    stateReason: configuration.StateReason,
    at: configuration.LastModified,
  };
}

/** Lambda resolves what it runs to a digest; its hash of an image's code is that same digest. */
function imageOf(
  { CodeSha256 }: FunctionConfiguration,
  code?: GetFunctionCommandOutput["Code"],
): Digest | undefined {
  const named = [code?.ResolvedImageUri, code?.ImageUri]
    .map((uri) => uri?.split("@")[1])
    .find((digest) => digest !== undefined);
  const digest = named ?? `sha256:${CodeSha256 ?? ""}`;
  return isDigest(digest) ? digest : undefined;
}

/** Of what a version keeps beside its code: the same for `$LATEST` and a version that was made from it. */
function settingsDigest(configuration: FunctionConfiguration): Digest {
  const { Environment, EphemeralStorage, SnapStart, LoggingConfig, VpcConfig } = configuration;
  return digestOf(
    canonicalJson({
      memory: configuration.MemorySize,
      timeout: configuration.Timeout,
      role: configuration.Role,
      architectures: configuration.Architectures,
      variables: Environment?.Variables ?? {},
      storage: EphemeralStorage?.Size,
      snapStart: SnapStart?.ApplyOn ?? "None",
      logGroup: LoggingConfig?.LogGroup,
      subnets: [...(VpcConfig?.SubnetIds ?? [])].sort(),
      securityGroups: [...(VpcConfig?.SecurityGroupIds ?? [])].sort(),
      capacity: plain(configuration.CapacityProviderConfig),
      image: plain(configuration.ImageConfigResponse?.ImageConfig),
    }),
  );
}

function plain(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}

/**
 * Removes versions without traffic, and images that then no version of any function and no record names.
 *
 * @module
 */
import type { Digest } from "../../core/digest.ts";
import type { DeployContext, Pruned, PruneRequest } from "../adapter.ts";
import { awsCall } from "../aws/aws-error.ts";
import { deleteImages, listImages } from "../aws/ecr.ts";
import type { AwsSession } from "../aws/session.ts";
import { functionArn, type LambdaFunctionPlace, openFunction } from "./lambda-place.ts";
import type { ObservedVersion } from "./observed.ts";
import { sharesOf } from "./observed.ts";
import { listVersions, readAlias, readFunction, readVersion } from "./read-function.ts";

export async function pruneLambda(request: PruneRequest, context: DeployContext): Promise<Pruned> {
  const place = await openFunction(context);
  const { session, functionName, details } = place;
  const { going, staying, kept } = await sortOut(place, request.keep);
  const latest = await readFunction(session, functionName);
  const repository = details.repository ?? latest?.repository;
  const used = new Set([
    ...request.recorded,
    ...(await imagesOfFunctions(session, functionName, going)),
    ...[latest, ...staying].flatMap((one) => one?.image ?? []),
  ]);
  const images = repository === undefined ? [] : await unused(session, repository, used);
  if (!request.isDry) {
    for (const { id } of going) {
      await deleteVersion(session, functionName, id);
    }
    if (repository !== undefined && images.length > 0) {
      await deleteImages(session, repository, images);
    }
  }
  return {
    removed: [
      ...going.map(({ id, bento }) => `version ${id}${bento === undefined ? "" : ` (${bento})`}`),
      ...images.map((digest) => `image ${repository}@${digest}`),
    ],
    kept,
  };
}

interface Sorted {
  readonly going: readonly ObservedVersion[];
  readonly staying: readonly ObservedVersion[];
  /** A line for each that stays. */
  readonly kept: readonly string[];
}

async function sortOut(
  { session, functionName }: LambdaFunctionPlace,
  keep: number,
): Promise<Sorted> {
  const alias = await readAlias(session, functionName);
  const shares = alias === undefined ? {} : sharesOf(alias);
  const versions = await listVersions(session, functionName);
  const first = versions.at(-1)?.id;
  const going: ObservedVersion[] = [];
  const staying: ObservedVersion[] = [];
  const kept: string[] = [];
  let idle = 0;
  for (const version of versions) {
    const percent = shares[version.id];
    idle += percent === undefined ? 1 : 0;
    const reason =
      percent !== undefined
        ? `has ${percent} % of the traffic`
        : version.id === first
          ? "is the stack's own"
          : idle <= keep
            ? `is of the newest ${keep} without traffic`
            : undefined;
    if (reason === undefined) {
      going.push(version);
    } else {
      // exactly what it runs, not only what its hash says
      staying.push((await readVersion(session, functionName, version.id)) ?? version);
      kept.push(`version ${version.id} ${reason}`);
    }
  }
  return { going, staying, kept };
}

/** Several functions may run images of one repository: every version of each is looked at. */
async function imagesOfFunctions(
  session: AwsSession,
  functionName: string,
  going: readonly ObservedVersion[],
): Promise<string[]> {
  const lambda = await session.lambda();
  const used: string[] = [];
  let marker: string | undefined;
  do {
    const page = await awsCall(
      session,
      { action: "lambda:ListFunctions", resource: functionArn(session, "*") },
      (call) =>
        lambda.listFunctions(
          { FunctionVersion: "ALL", ...(marker === undefined ? {} : { Marker: marker }) },
          call,
        ),
    );
    for (const { FunctionName, Version, CodeSha256 } of page.Functions ?? []) {
      const isGoing = FunctionName === functionName && going.some(({ id }) => id === Version);
      if (!isGoing && CodeSha256 !== undefined) {
        used.push(`sha256:${CodeSha256}`);
      }
    }
    marker = page.NextMarker;
  } while (marker !== undefined && marker !== "");
  return used;
}

/** Documents about an image go with it: they are no images themselves. */
async function unused(
  session: AwsSession,
  repository: string,
  used: ReadonlySet<string>,
): Promise<Digest[]> {
  const images: Digest[] = [];
  for await (const { digest, subject } of listImages(session, repository)) {
    if (subject === undefined && !used.has(digest)) {
      images.push(digest);
    }
  }
  return images.sort();
}

async function deleteVersion(
  session: AwsSession,
  functionName: string,
  version: string,
): Promise<void> {
  const lambda = await session.lambda();
  await awsCall(
    session,
    {
      action: "lambda:DeleteFunction",
      resource: functionArn(session, functionName, version),
    },
    (call) => lambda.deleteFunction({ FunctionName: functionName, Qualifier: version }, call),
  );
}

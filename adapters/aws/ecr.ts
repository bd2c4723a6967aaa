/**
 * A repository of ECR and the images in it.
 *
 * @module
 */
import type { ImageDetail } from "@aws-sdk/client-ecr";
import { type Digest, isDigest } from "../../core/digest.ts";
import { formatArn, urlSuffix } from "./arn.ts";
import { awsCall, awsFind, isAccessDenied } from "./aws-error.ts";
import type { AwsSession } from "./session.ts";

export interface ObservedRepository {
  readonly arn: string;
  readonly name: string;
  /** E.g. `123456789012.dkr.ecr.eu-west-1.amazonaws.com/bento/iris`. */
  readonly uri: string;
  /** Where functions pull from, e.g. `123456789012.dkr.ecr.eu-west-1.amazonaws.com`. */
  readonly registryHost: string;
  /** Tags never move. */
  readonly isImmutable: boolean;
  readonly isScannedOnPush: boolean;
  /** Empty also where the caller may not read them. */
  readonly tags: Readonly<Record<string, string>>;
}

export interface RepositoryImage {
  readonly digest: Digest;
  /** Sorted; empty for what lost its tag. */
  readonly tags: readonly string[];
  readonly sizeBytes: number;
  /** UTC, ISO 8601, where ECR says. */
  readonly pushedAt: string | undefined;
  /** The image that a document is attached to; undefined for images themselves. */
  readonly subject: Digest | undefined;
}

/**
 * @param name - e.g. `bento/iris`
 * @returns undefined where there is none
 */
export async function readRepository(
  session: AwsSession,
  name: string,
): Promise<ObservedRepository | undefined> {
  const client = await session.ecr();
  const request = { action: "ecr:DescribeRepositories", resource: repositoryArn(session, name) };
  const answer = await awsFind(session, request, (call) =>
    client.describeRepositories({ repositoryNames: [name] }, call),
  );
  const found = answer?.repositories?.[0];
  if (found === undefined) {
    return undefined;
  }
  const registryHost = ecrHost(session);
  const arn = found.repositoryArn ?? request.resource;
  return {
    arn,
    name,
    uri: `${registryHost}/${name}`,
    registryHost,
    isImmutable: found.imageTagMutability?.startsWith("IMMUTABLE") ?? false,
    isScannedOnPush: found.imageScanningConfiguration?.scanOnPush ?? false,
    tags: await readTags(session, arn),
  };
}

async function readTags(session: AwsSession, arn: string): Promise<Record<string, string>> {
  const client = await session.ecr();
  const request = { action: "ecr:ListTagsForResource", resource: arn };
  try {
    const { tags = [] } = await awsCall(session, request, (call) =>
      client.listTagsForResource({ resourceArn: arn }, call),
    );
    return Object.fromEntries(tags.map(({ Key = "", Value = "" }) => [Key, Value]));
  } catch (error) {
    if (isAccessDenied(error)) {
      return {};
    }
    throw error;
  }
}

/** Who else may use a repository, as a JSON document; undefined where nobody but its account may. */
export async function readRepositoryPolicy(session: AwsSession, name: string): Promise<unknown> {
  const client = await session.ecr();
  const request = { action: "ecr:GetRepositoryPolicy", resource: repositoryArn(session, name) };
  const answer = await awsFind(session, request, (call) =>
    client.getRepositoryPolicy({ repositoryName: name }, call),
  );
  return answer?.policyText === undefined ? undefined : JSON.parse(answer.policyText);
}

/** False also where there is no repository. */
export async function hasImage(
  session: AwsSession,
  repository: string,
  digest: Digest,
): Promise<boolean> {
  const client = await session.ecr();
  const request = { action: "ecr:DescribeImages", resource: repositoryArn(session, repository) };
  const answer = await awsFind(session, request, (call) =>
    client.describeImages(
      { repositoryName: repository, imageIds: [{ imageDigest: digest }] },
      call,
    ),
  );
  return answer?.imageDetails?.some(({ imageDigest }) => imageDigest === digest) ?? false;
}

/** All that a repository holds, page by page; nothing where there is no repository. */
export async function* listImages(
  session: AwsSession,
  repository: string,
): AsyncGenerator<RepositoryImage> {
  const client = await session.ecr();
  const request = { action: "ecr:DescribeImages", resource: repositoryArn(session, repository) };
  let token: string | undefined;
  do {
    const next = token === undefined ? {} : { nextToken: token };
    const answer = await awsFind(session, request, (call) =>
      client.describeImages({ repositoryName: repository, maxResults: 1000, ...next }, call),
    );
    yield* (answer?.imageDetails ?? []).flatMap(imageOf);
    token = answer?.nextToken;
  } while (token !== undefined && token !== "");
}

function imageOf(image: ImageDetail): RepositoryImage[] {
  const { imageDigest: digest = "", subjectManifestDigest: subject = "" } = image;
  return isDigest(digest)
    ? [
        {
          digest,
          tags: [...(image.imageTags ?? [])].sort(),
          sizeBytes: image.imageSizeInBytes ?? 0,
          pushedAt: image.imagePushedAt?.toISOString(),
          subject: isDigest(subject) ? subject : undefined,
        },
      ]
    : [];
}

export interface DeletedImages {
  /** What was not there counts too. */
  readonly deleted: readonly Digest[];
  /** What ECR keeps, with its reason. */
  readonly kept: readonly { readonly digest: Digest; readonly reason: string }[];
}

/** ECR takes no more at once. */
const PAGE = 100;

/** Deletes images with their tags. Whether anything needs them is the caller's to know. */
export async function deleteImages(
  session: AwsSession,
  repository: string,
  digests: readonly Digest[],
): Promise<DeletedImages> {
  const client = await session.ecr();
  const request = { action: "ecr:BatchDeleteImage", resource: repositoryArn(session, repository) };
  const reasons = new Map<string, string>();
  for (let at = 0; at < digests.length; at += PAGE) {
    const imageIds = digests.slice(at, at + PAGE).map((imageDigest) => ({ imageDigest }));
    const answer = await awsCall(session, request, (call) =>
      client.batchDeleteImage({ repositoryName: repository, imageIds }, call),
    );
    for (const { imageId, failureCode, failureReason } of answer.failures ?? []) {
      if (failureCode !== "ImageNotFound") {
        reasons.set(imageId?.imageDigest ?? "", failureReason ?? failureCode ?? "no reason given");
      }
    }
  }
  return {
    deleted: digests.filter((digest) => !reasons.has(digest)),
    kept: digests.flatMap((digest) => {
      const reason = reasons.get(digest);
      return reason === undefined ? [] : [{ digest, reason }];
    }),
  };
}

/**
 * How Lambda and ECS name an image: by digest, at ECR's own host whatever the endpoint.
 *
 * @param repository - e.g. `bento/iris`
 */
export function ecrImageUri(
  session: Pick<AwsSession, "account" | "partition" | "region">,
  repository: string,
  digest: Digest,
): string {
  return `${ecrHost(session)}/${repository}@${digest}`;
}

/** @param name - e.g. `bento/iris` */
export function repositoryArn(
  session: Pick<AwsSession, "account" | "partition" | "region">,
  name: string,
): string {
  return formatArn(session, "ecr", `repository/${name}`);
}

function ecrHost(session: Pick<AwsSession, "account" | "partition" | "region">): string {
  return `${session.account}.dkr.ecr.${session.region}.${urlSuffix(session)}`;
}

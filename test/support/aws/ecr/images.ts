/**
 * Images of a repository as ECR tells them, from what moto keeps: with sizes that are true, what they are attached to,
 * and in pages.
 *
 * @module
 */
import { AwsFailure, type Members } from "../aws-call.ts";
import {
  asMembers,
  compact,
  isMembers,
  listOf,
  membersOf,
  numberOf,
  textOf,
  textsOf,
} from "../members.ts";

/** Asks moto. */
export type AskEcr = (action: string, parameters: Members) => Promise<Members>;

export interface KeptImage {
  readonly digest: string;
  readonly tags: readonly string[];
  /** Seconds since 1970. */
  readonly pushedAt: number;
  readonly mediaType: string;
  readonly manifest: Members;
  readonly manifestBytes: number;
}

/** How many BatchGetImage takes. */
const BATCH = 100;

/** @throws AwsFailure RepositoryNotFoundException */
export async function keptImages(repositoryName: string, ask: AskEcr): Promise<KeptImage[]> {
  const details = listOf(await ask("DescribeImages", { repositoryName }), "imageDetails").map(
    asMembers,
  );
  const kept: KeptImage[] = [];
  for (let start = 0; start < details.length; start += BATCH) {
    const some = details.slice(start, start + BATCH);
    const imageIds = some.map(({ imageDigest }) => ({ imageDigest }));
    const found = listOf(await ask("BatchGetImage", { repositoryName, imageIds }), "images");
    const manifests = new Map(
      found
        .map(asMembers)
        .map((image) => [textOf(membersOf(image, "imageId"), "imageDigest"), image]),
    );
    for (const detail of some) {
      const digest = textOf(detail, "imageDigest") ?? "";
      const image = manifests.get(digest) ?? {};
      const text = textOf(image, "imageManifest") ?? "{}";
      kept.push({
        digest,
        tags: textsOf(detail, "imageTags").toSorted(),
        pushedAt: numberOf(detail, "imagePushedAt") ?? 0,
        mediaType: textOf(image, "imageManifestMediaType") ?? "",
        manifest: asMembers(JSON.parse(text)),
        manifestBytes: Buffer.byteLength(text),
      });
    }
  }
  return kept;
}

/** @throws AwsFailure ImageNotFoundException for an image that was asked for and is not there */
export async function describeImages(parameters: Members, ask: AskEcr): Promise<Members> {
  const repositoryName = textOf(parameters, "repositoryName") ?? "";
  const all = await keptImages(repositoryName, ask);
  const asked = listOf(parameters, "imageIds").map(asMembers);
  const wanted = asked.map((id) => {
    const found = all.find(({ digest, tags }) => isNamed(id, digest, tags));
    if (found === undefined) {
      throw new AwsFailure(
        "ImageNotFoundException",
        `The image with imageId {imageDigest:'${id["imageDigest"] ?? "null"}', imageTag:'${id["imageTag"] ?? "null"}'} does not exist within the repository with name '${repositoryName}' in the registry`,
      );
    }
    return found;
  });
  const shown = asked.length > 0 ? [...new Set(wanted)] : all.filter(filterOf(parameters));
  return page(
    "imageDetails",
    shown.map((image) => detailOf(repositoryName, image)),
    parameters,
  );
}

export async function listImages(parameters: Members, ask: AskEcr): Promise<Members> {
  const all = await keptImages(textOf(parameters, "repositoryName") ?? "", ask);
  const ids = all
    .filter(filterOf(parameters))
    .flatMap(({ digest: imageDigest, tags }) =>
      tags.length === 0 ? [{ imageDigest }] : tags.map((imageTag) => ({ imageDigest, imageTag })),
    );
  return page("imageIds", ids, parameters);
}

/** What a manifest is attached to. */
export function subjectOf({ manifest }: KeptImage): string | undefined {
  const { subject } = manifest;
  return isMembers(subject) ? textOf(subject, "digest") : undefined;
}

function isNamed(id: Members, digest: string, tags: readonly string[]): boolean {
  const tag = textOf(id, "imageTag");
  return (
    (textOf(id, "imageDigest") ?? digest) === digest && (tag === undefined || tags.includes(tag))
  );
}

function filterOf(parameters: Members): (image: KeptImage) => boolean {
  const status = textOf(membersOf(parameters, "filter"), "tagStatus") ?? "ANY";
  return ({ tags }) => status === "ANY" || (status === "TAGGED") === tags.length > 0;
}

function detailOf(repositoryName: string, image: KeptImage): Members {
  const { digest, tags, pushedAt, mediaType, manifest, manifestBytes } = image;
  const blobs = [manifest["config"], ...listOf(manifest, "layers")].map(asMembers);
  const bytes = blobs.reduce((total, blob) => total + (numberOf(blob, "size") ?? 0), manifestBytes);
  const config = textOf(membersOf(manifest, "config"), "mediaType");
  return compact({
    repositoryName,
    imageDigest: digest,
    imageTags: tags.length === 0 ? undefined : tags,
    imageSizeInBytes: bytes,
    imagePushedAt: pushedAt,
    imageManifestMediaType: mediaType,
    artifactMediaType: textOf(manifest, "artifactType") ?? config,
    subjectManifestDigest: subjectOf(image),
    imageStatus: "ACTIVE",
  });
}

function page(name: string, all: readonly unknown[], parameters: Members): Members {
  const start = Number(textOf(parameters, "nextToken") ?? 0);
  const end = start + (numberOf(parameters, "maxResults") ?? 100);
  return compact({
    [name]: all.slice(start, end),
    nextToken: end < all.length ? String(end) : undefined,
  });
}

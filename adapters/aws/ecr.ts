/**
 * A repository of ECR and the images in it.
 *
 * @module
 */
import { BentoError } from "../../core/bento-error.ts";
import type { Digest } from "../../core/digest.ts";
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
  /** The repository's policy as a JSON document; undefined when it has none. */
  readonly policy: unknown;
  readonly tags: Readonly<Record<string, string>>;
}

export interface RepositoryImage {
  readonly digest: Digest;
  /** Sorted; empty for what lost its tag. */
  readonly tags: readonly string[];
  readonly sizeBytes: number;
  /** UTC, ISO 8601, where ECR says. */
  readonly pushedAt: string | undefined;
  /** Of documents that are attached to an image; undefined for the images themselves. */
  readonly artifactType: string | undefined;
}

/**
 * @param name - e.g. `bento/iris`
 * @returns undefined where there is none
 */
export async function readRepository(
  session: AwsSession,
  name: string,
): Promise<ObservedRepository | undefined> {
  throw new BentoError("BENTO_BUG", `not there yet: ${session.region} ${name}`);
}

/** False also where there is no repository. */
export async function hasImage(
  session: AwsSession,
  repository: string,
  digest: Digest,
): Promise<boolean> {
  throw new BentoError("BENTO_BUG", `not there yet: ${session.region} ${repository} ${digest}`);
}

/** All that a repository holds, page by page; nothing where there is no repository. */
export function listImages(
  session: AwsSession,
  repository: string,
): AsyncGenerator<RepositoryImage> {
  throw new BentoError("BENTO_BUG", `not there yet: ${session.region} ${repository}`);
}

/**
 * Deletes images with their tags.
 *
 * @returns those that are gone now; what was not there counts as gone
 * @throws BentoError BENTO_UNREACHABLE naming the first image that could not be deleted
 */
export async function deleteImages(
  session: AwsSession,
  repository: string,
  digests: readonly Digest[],
): Promise<readonly Digest[]> {
  throw new BentoError("BENTO_BUG", `not there yet: ${session.region} ${repository} ${digests}`);
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
  throw new BentoError("BENTO_BUG", `not there yet: ${session.region} ${repository} ${digest}`);
}

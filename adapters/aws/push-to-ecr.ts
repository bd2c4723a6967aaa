/**
 * Sends an image from the layout on this machine to its repository in ECR, with what is attached to it. A token that
 * ends on the way is replaced by another, and what has arrived is not sent twice.
 *
 * @module
 */
import { BentoError } from "../../core/bento-error.ts";
import { type Digest, digestHex } from "../../core/digest.ts";
import type { ImageRef } from "../../core/image-ref.ts";
import type { OnProgress } from "../../core/progress.ts";
import { copyAttachments } from "../../oci/attest/attachment.ts";
import { layoutAttachments } from "../../oci/attest/layout-attachments.ts";
import { registryAttachments, registryPort } from "../../oci/attest/registry-attachments.ts";
import { type OciLayout, openLayout } from "../../oci/layout.ts";
import type { Descriptor } from "../../oci/manifest.ts";
import { createRegistryClient } from "../../oci/registry/client.ts";
import { type PushedImage, pushImage } from "../../oci/registry/push-image.ts";
import type { RegistryOptions } from "../../oci/registry/session.ts";
import { awsCall } from "./aws-error.ts";
import { policyLine, translateAwsError } from "./aws-refusal.ts";
import { ecrImageUri, repositoryArn } from "./ecr.ts";
import type { AwsSession } from "./session.ts";

export interface PushToEcrOptions {
  /** E.g. `bento/iris`; it is there. */
  readonly repository: string;
  /** Layout that has the image: `homeImages(context.home)`. Absolute. */
  readonly layoutDirectory: string;
  readonly digest: Digest;
  /** The bento's version, and others. */
  readonly tags: readonly string[];
  readonly onProgress: OnProgress;
  /** @default the session's */
  readonly signal?: AbortSignal | undefined;
}

export interface PushedToEcr extends PushedImage {
  /** How functions name it: ECR's own host, by digest. */
  readonly uri: string;
  /** Documents about the image that are there now. */
  readonly attachments: number;
}

/** Of a digest in a tag. */
const DIGEST_CHARACTERS = 12;
/** A token lasts twelve hours; no image takes that long often. */
const TOKENS = 4;

/**
 * @throws BentoError BENTO_NOT_FOUND when the layout lacks the image or ECR the repository, BENTO_CONFLICT when a tag is of
 * another image, BENTO_PLATFORM where a permission is missing, BENTO_UNREACHABLE
 */
export async function pushToEcr(
  given: AwsSession,
  options: PushToEcrOptions,
): Promise<PushedToEcr> {
  const session = { ...given, signal: options.signal ?? given.signal };
  const layout = await openLayout(options.layoutDirectory);
  const image = await imageIn(layout, options.digest);
  for (let tokens = 1; ; tokens += 1) {
    const access = await openRegistry(session, options.repository);
    try {
      return await pushWith(session, options, { layout, image, access });
    } catch (error) {
      session.signal?.throwIfAborted();
      if (tokens === TOKENS || !isTokenEnd(error)) {
        throw told(error, session, options);
      }
    }
  }
}

interface Access {
  readonly reference: ImageRef;
  readonly registry: RegistryOptions;
}

interface Push {
  readonly layout: OciLayout;
  readonly image: Descriptor;
  readonly access: Access;
}

async function imageIn(layout: OciLayout, digest: Digest): Promise<Descriptor> {
  const image = (await layout.images()).find((one) => one.digest === digest);
  if (image === undefined) {
    throw new BentoError("BENTO_NOT_FOUND", `no image ${digest}`, {
      where: layout.directory,
      hint: "make it again with bento containerize",
    });
  }
  return image;
}

/** Where ECR says that images go, with a token for it. */
async function openRegistry(session: AwsSession, repository: string): Promise<Access> {
  const client = await session.ecr();
  const { authorizationData } = await awsCall(
    session,
    { action: "ecr:GetAuthorizationToken" },
    (call) => client.getAuthorizationToken({}, call),
  );
  const { authorizationToken = "", proxyEndpoint = "" } = authorizationData?.[0] ?? {};
  const [username = "", password = ""] = Buffer.from(authorizationToken, "base64")
    .toString()
    .split(":");
  if (password === "" || !URL.canParse(proxyEndpoint)) {
    throw new BentoError("BENTO_UNREACHABLE", "ECR gave no token", {
      where: "ecr:GetAuthorizationToken",
      hint: "look whether AWS_ENDPOINT_URL leads to AWS",
    });
  }
  return {
    reference: { registry: new URL(proxyEndpoint).host, repository },
    registry: {
      credentials: async () => ({ kind: "password", username, password }),
      proxies: session.ambient,
      signal: session.signal,
    },
  };
}

async function pushWith(
  session: AwsSession,
  options: PushToEcrOptions,
  { layout, image, access }: Push,
): Promise<PushedToEcr> {
  const { repository, onProgress } = options;
  const tags = await freeTags(options, access);
  let attachments = 0;
  const pushed = await pushImage({
    ...access.registry,
    source: layout,
    image,
    reference: access.reference,
    tags,
    beforeTags: async () => {
      attachments = await pushAttachments(options, { layout, image, access });
    },
    onProgress,
  });
  return { ...pushed, uri: ecrImageUri(session, repository, image.digest), attachments };
}

/**
 * Tags never move, and a bento over another base is another image of the same version: where its tag is taken, the image
 * goes under that and the beginning of its own digest. What deploys goes by digest.
 */
async function freeTags(
  { tags, digest, repository }: PushToEcrOptions,
  { reference, registry }: Access,
): Promise<string[]> {
  const { manifests } = createRegistryClient(reference, { ...registry, access: "push" });
  const free: string[] = [];
  for (const tag of tags) {
    const there = await manifests.head(tag);
    const isTaken = there !== undefined && there.digest !== digest;
    const own = isTaken ? `${tag}-${digestHex(digest).slice(0, DIGEST_CHARACTERS)}` : tag;
    const second = isTaken ? await manifests.head(own) : undefined;
    if (second !== undefined && second.digest !== digest) {
      throw tagConflict({ tag: own, repository, there: second.digest, digest });
    }
    free.push(own);
  }
  return free;
}

interface TagConflict {
  readonly tag: string;
  readonly repository: string;
  readonly there: string;
  readonly digest: Digest;
}

function tagConflict({ tag, repository, there, digest }: TagConflict, cause?: unknown): BentoError {
  return new BentoError("BENTO_CONFLICT", `the tag ${tag} is of ${there}, not of ${digest}`, {
    where: `ECR repository ${repository}`,
    hint: "one version is one image: delete that tag when nothing needs it, or make a new version of the bento",
    cause,
  });
}

/** The image deploys without them: what the repository does not take is told and left. */
async function pushAttachments(
  { onProgress }: PushToEcrOptions,
  { layout, image, access: { reference, registry } }: Push,
): Promise<number> {
  const client = createRegistryClient(reference, { ...registry, access: "push" });
  const to = registryAttachments(registryPort(client));
  try {
    return await copyAttachments(layoutAttachments(layout), to, image.digest);
  } catch (error) {
    registry.signal?.throwIfAborted();
    if (!BentoError.isInstance(error) || isTokenEnd(error)) {
      throw error;
    }
    onProgress({
      kind: "notice",
      message: `not all documents about the image went along: ${error.message}`,
    });
    return 0;
  }
}

/** A refusal to look, HEAD, comes without words: a token that has ended is as likely as a missing permission. */
const WORDLESS = / does not let "AWS" (?:read|write to) \S+$/;

function isTokenEnd(error: unknown): boolean {
  return (
    error instanceof Error &&
    (/authorization token has expired/i.test(error.message) || WORDLESS.test(error.message))
  );
}

/** The registry says some things in words of AWS. */
function told(error: unknown, session: AwsSession, options: PushToEcrOptions): unknown {
  if (!(error instanceof Error)) {
    return error;
  }
  const { repository, digest, tags } = options;
  if (/tag .*already exists/i.test(error.message)) {
    const tag = tags.find((one) => error.message.includes(one)) ?? tags.join(", ");
    return tagConflict({ tag, repository, there: "another image", digest }, error);
  }
  const isWordless = BentoError.isInstance(error) && WORDLESS.test(error.message);
  if (!isWordless && !/is not authorized to perform/.test(error.message)) {
    return withoutLogin(error, session);
  }
  const isBlob = BentoError.isInstance(error) && error.where?.includes("/blobs/") === true;
  const action = isBlob ? "ecr:BatchCheckLayerAvailability" : "ecr:BatchGetImage";
  const denial = isWordless ? new Error(`is not authorized to perform: ${action}`) : error;
  const resource = repositoryArn(session, repository);
  return translateAwsError(denial, session, { action, resource });
}

/** Whoever deploys is known to AWS already: a login at the registry is nothing that would help. */
function withoutLogin(error: Error, session: AwsSession): unknown {
  if (!BentoError.isInstance(error) || error.hint?.startsWith("log in: ") !== true) {
    return error;
  }
  return new BentoError(error.code, error.message, {
    where: error.where,
    hint: `renew the credentials for AWS and run the same command; ${policyLine(session)} prints the rights that it needs`,
    cause: error,
  });
}

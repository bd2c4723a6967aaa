/**
 * ECR: moto keeps repositories and what images they have, tokens open our registry, and a push is told to moto.
 *
 * @module
 */
import {
  AwsFailure,
  type AwsReply,
  type AwsRequest,
  type AwsService,
  type Members,
} from "../aws-call.ts";
import { asMembers, listOf, membersOf, textOf } from "../members.ts";
import {
  type AskEcr,
  describeImages,
  type KeptImage,
  keptImages,
  listImages,
  subjectOf,
} from "./images.ts";
import type { PushedManifest } from "./registry-server.ts";
import { type RegistryTokens, registryTokens } from "./registry-tokens.ts";

export interface EcrService extends AwsService {
  readonly tokens: RegistryTokens;
  hasRepository(name: string): Promise<boolean>;
  putImage(image: PushedManifest): Promise<void>;
  /** A repository's own policy, as a text. */
  policyOf(repository: string): Promise<string | undefined>;
  /** What is attached to an image. */
  referrers(repository: string, digest: string): Promise<readonly KeptImage[]>;
  /** The image under a digest or tag. */
  imageOf(repository: string, reference: string): Promise<Members | undefined>;
}

export interface EcrOptions {
  /** Where GetAuthorizationToken sends clients. */
  registry(): string;
  /** Passes a call on to moto. */
  readonly moto: (request: AwsRequest) => Promise<AwsReply>;
  /** Asks moto. */
  readonly ask: AskEcr;
}

export function ecrService({ registry, moto, ask }: EcrOptions): EcrService {
  const tokens = registryTokens();
  return {
    name: "ecr",
    tokens,
    async handle(request) {
      const { action, parameters, principal } = request;
      switch (action) {
        case "DescribeImages":
          return { members: await describeImages(parameters, ask) };
        case "ListImages":
          return { members: await listImages(parameters, ask) };
        case "GetAuthorizationToken": {
          const { token, expiresAt } = tokens.issue(principal);
          const authorizationToken = Buffer.from(`AWS:${token}`).toString("base64");
          const data = { authorizationToken, expiresAt: expiresAt / 1000 };
          return { members: { authorizationData: [{ ...data, proxyEndpoint: registry() }] } };
        }
        default:
          return await moto(request);
      }
    },
    async policyOf(repositoryName) {
      const found = await ask("GetRepositoryPolicy", { repositoryName }).catch(() => ({}));
      return textOf(found, "policyText");
    },
    referrers: async (repository, digest) =>
      (await keptImages(repository, ask)).filter((image) => subjectOf(image) === digest),
    hasRepository: async (name) => (await repositoryOf(name, ask)) !== undefined,
    imageOf: (repository, reference) => imageOf(repository, reference, ask),
    putImage: (image) => putImage(image, ask),
  };
}

async function repositoryOf(name: string, ask: AskEcr): Promise<Members | undefined> {
  const answer = await ask("DescribeRepositories", { repositoryNames: [name] }).catch(() => ({}));
  return listOf(answer, "repositories").map(asMembers)[0];
}

async function imageOf(
  repositoryName: string,
  reference: string,
  ask: AskEcr,
): Promise<Members | undefined> {
  const id = reference.startsWith("sha256:") ? { imageDigest: reference } : { imageTag: reference };
  const asked = { repositoryName, imageIds: [id], acceptedMediaTypes: [] };
  const answer = await ask("BatchGetImage", asked).catch(() => ({}));
  return listOf(answer, "images").map(asMembers)[0];
}

/** What is there already is taken again, as registries do. */
async function putImage(
  { repository, tag, digest, mediaType, manifest }: PushedManifest,
  ask: AskEcr,
): Promise<void> {
  const there = tag === undefined ? undefined : await imageOf(repository, tag, ask);
  const tagged = textOf(membersOf(there ?? {}, "imageId"), "imageDigest");
  if (tagged === digest || (tag === undefined && (await imageOf(repository, digest, ask)))) {
    return;
  }
  const settings = (await repositoryOf(repository, ask)) ?? {};
  if (tagged !== undefined && textOf(settings, "imageTagMutability") === "IMMUTABLE") {
    throw new AwsFailure(
      "TAG_INVALID",
      `The image tag '${tag}' already exists in the '${repository}' repository and cannot be overwritten because the repository is immutable.`,
    );
  }
  await ask("PutImage", {
    repositoryName: repository,
    imageManifest: manifest,
    imageManifestMediaType: mediaType,
    imageDigest: digest,
    ...(tag === undefined ? {} : { imageTag: tag }),
  });
}

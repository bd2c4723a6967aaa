/**
 * ECR: moto keeps repositories and what images they have, tokens open our registry, and a push is told to moto.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import {
  AwsFailure,
  type AwsReply,
  type AwsRequest,
  type AwsService,
  type Members,
  type Principal,
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

/** How long a token is good for. */
const TOKEN_MS = 12 * 60 * 60 * 1000;

export interface EcrService extends AwsService {
  /** @throws AwsFailure 401 for what is no token, 403 for one that is too old */
  principalOf(token: string): Principal;
  /** Tokens that were given so far are good no more. */
  expireTokens(): void;
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
  /** Asks moto. */
  readonly moto: (request: AwsRequest) => Promise<AwsReply>;
  /** A request of our own to moto. */
  readonly ask: AskEcr;
}

export function ecrService({ registry, moto, ask }: EcrOptions): EcrService {
  const tokens = new Map<string, { principal: Principal; expires: number }>();
  const imageOf = async (repository: string, reference: string) => {
    const id = reference.startsWith("sha256:")
      ? { imageDigest: reference }
      : { imageTag: reference };
    const answer = await ask("BatchGetImage", {
      repositoryName: repository,
      imageIds: [id],
      acceptedMediaTypes: [],
    }).catch(() => ({}));
    return listOf(answer, "images").map(asMembers)[0];
  };
  const repositoryOf = async (name: string) => {
    const answer = await ask("DescribeRepositories", { repositoryNames: [name] }).catch(() => ({}));
    return listOf(answer, "repositories").map(asMembers)[0];
  };
  return {
    name: "ecr",
    imageOf,
    async handle(request) {
      const { action, parameters } = request;
      if (action === "DescribeImages") {
        return { members: await describeImages(parameters, ask) };
      }
      if (action === "ListImages") {
        return { members: await listImages(parameters, ask) };
      }
      if (action !== "GetAuthorizationToken") {
        return await moto(request);
      }
      const token = randomUUID();
      const expires = Date.now() + TOKEN_MS;
      tokens.set(token, { principal: request.principal, expires });
      const data = {
        authorizationToken: Buffer.from(`AWS:${token}`).toString("base64"),
        expiresAt: expires / 1000,
        proxyEndpoint: registry(),
      };
      return { members: { authorizationData: [data] } };
    },
    principalOf(token) {
      const known = tokens.get(token);
      if (known === undefined) {
        throw new AwsFailure("UNAUTHORIZED", "Not Authorized", 401);
      }
      if (known.expires < Date.now()) {
        throw new AwsFailure(
          "DENIED",
          "Your authorization token has expired. Reauthenticate and try again.",
          403,
        );
      }
      return known.principal;
    },
    expireTokens() {
      for (const known of tokens.values()) {
        known.expires = 0;
      }
    },
    referrers: async (repository, digest) =>
      (await keptImages(repository, ask)).filter((image) => subjectOf(image) === digest),
    async policyOf(repositoryName) {
      const found = await ask("GetRepositoryPolicy", { repositoryName }).catch(() => ({}));
      return textOf(found, "policyText");
    },
    hasRepository: async (name) => (await repositoryOf(name)) !== undefined,
    async putImage({ repository, tag, digest, mediaType, manifest }) {
      const there = tag === undefined ? undefined : await imageOf(repository, tag);
      const tagged = textOf(membersOf(there ?? {}, "imageId"), "imageDigest");
      if (tagged === digest || (tag === undefined && (await imageOf(repository, digest)))) {
        return;
      }
      const settings = (await repositoryOf(repository)) ?? {};
      if (tagged !== undefined && textOf(settings, "imageTagMutability") === "IMMUTABLE") {
        throw new AwsFailure(
          "TAG_INVALID",
          `The image tag '${tag}' already exists in the '${repository}' repository and cannot be overwritten because the repository is immutable.`,
          400,
        );
      }
      await ask("PutImage", {
        repositoryName: repository,
        imageManifest: manifest,
        imageManifestMediaType: mediaType,
        imageDigest: digest,
        ...(tag === undefined ? {} : { imageTag: tag }),
      });
    },
  };
}

/**
 * Puts images into the registry of the stand-ins, as a client of ECR does.
 *
 * @module
 */
import {
  CreateRepositoryCommand,
  ECRClient,
  GetAuthorizationTokenCommand,
} from "@aws-sdk/client-ecr";
import type { Digest } from "../../../core/digest.ts";
import type { ImageSource } from "../../../oci/layout.ts";
import type { Descriptor } from "../../../oci/manifest.ts";
import { pushImage } from "../../../oci/registry/push-image.ts";
import { sampleImage } from "../image-layout.ts";
import { tempDir } from "../temp-dir.ts";
import type { LoopbackAws } from "./start-aws.ts";

export interface PushedSample {
  readonly digest: Digest;
  /** As functions name it. */
  readonly uri: string;
}

export interface PushTarget {
  readonly repository: string;
  readonly tag?: string;
  /** Whose calls they are. @default the administrator's */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Makes a repository, unless it is there. */
export async function makeRepository(aws: LoopbackAws, repositoryName: string): Promise<void> {
  const command = new CreateRepositoryCommand({ repositoryName, imageTagMutability: "IMMUTABLE" });
  await new ECRClient(clientOptions(aws)).send(command).catch((error: unknown) => {
    if (!(error instanceof Error) || error.name !== "RepositoryAlreadyExistsException") {
      throw error;
    }
  });
}

/** A small image that cannot run, different for each text. */
export async function pushSample(
  aws: LoopbackAws,
  text: string,
  target: PushTarget,
): Promise<PushedSample> {
  await using dir = await tempDir();
  const { layout, image } = await sampleImage(dir.path, { layers: { app: text } });
  return await pushToStandIn(aws, { source: layout, image }, target);
}

export async function pushToStandIn(
  aws: LoopbackAws,
  { source, image }: { source: ImageSource; image: Descriptor },
  { repository, tag, environment }: PushTarget,
): Promise<PushedSample> {
  const { registry, username, password } = await registryLogin(aws, environment);
  await pushImage({
    source,
    image,
    reference: { registry, repository, ...(tag === undefined ? {} : { tag }) },
    credentials: async () => ({ kind: "password", username, password }),
  });
  const host = `${aws.account}.dkr.ecr.${aws.region}.amazonaws.com`;
  return { digest: image.digest, uri: `${host}/${repository}@${image.digest}` };
}

export async function registryLogin(
  aws: LoopbackAws,
  environment: Readonly<Record<string, string>> = aws.environment,
): Promise<{ registry: string; username: string; password: string }> {
  const client = new ECRClient(clientOptions(aws, environment));
  const { authorizationData } = await client.send(new GetAuthorizationTokenCommand({}));
  const [data] = authorizationData ?? [];
  const login = Buffer.from(data?.authorizationToken ?? "", "base64").toString("utf8");
  const [username = "", password = ""] = login.split(":");
  return { registry: new URL(data?.proxyEndpoint ?? "").host, username, password };
}

/** Options of any client of the SDK. @param environment - @default the administrator's */
export function clientOptions(
  aws: LoopbackAws,
  environment: Readonly<Record<string, string>> = aws.environment,
) {
  return {
    endpoint: aws.endpoint,
    region: aws.region,
    credentials: {
      accessKeyId: environment["AWS_ACCESS_KEY_ID"] ?? "",
      secretAccessKey: environment["AWS_SECRET_ACCESS_KEY"] ?? "",
    },
  };
}

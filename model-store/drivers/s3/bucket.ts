/**
 * The connection of a store to its bucket: the SDK, loaded at the first request, and the keys as they stand there.
 *
 * @module
 */
import type * as Sdk from "@aws-sdk/client-s3";
import { BentoError } from "../../../core/bento-error.ts";
import type { S3Place } from "./s3-place.ts";

/** Versions of the SDK that this code is tested with. */
const SDK = "@aws-sdk/client-s3@3";

/** A client and the module that its commands come from. */
export interface Connection {
  readonly sdk: typeof Sdk;
  readonly client: Sdk.S3Client;
}

export interface Bucket {
  readonly place: S3Place;
  /** The first call loads the SDK. */
  connect(): Promise<Connection>;
  /** Bucket and key as commands take them. */
  at(key: string): { Bucket: string; Key: string };
  /** The store and a key, for messages. */
  where(key: string): string;
  /** How the server is to encrypt what is written. */
  encryption(): Pick<Sdk.PutObjectCommandInput, "ServerSideEncryption" | "SSEKMSKeyId">;
  close(): Promise<void>;
}

export interface BucketOptions {
  /** Longest that a connection may say nothing before the request is sent again, in milliseconds. @default 30 s */
  readonly silenceMs?: number | undefined;
}

/** Nothing is loaded or asked yet. */
export function openBucket(place: S3Place, { silenceMs = 30_000 }: BucketOptions = {}): Bucket {
  let connection: Promise<Connection> | undefined;
  const { bucket, prefix, encryption } = place;
  return {
    place,
    connect: () => (connection ??= connect(place, silenceMs)),
    at: (key) => ({ Bucket: bucket, Key: prefix + key }),
    where: (key) => `${place.url} ${key}`,
    encryption: () =>
      encryption === undefined
        ? {}
        : {
            ServerSideEncryption: encryption.algorithm,
            ...(encryption.kmsKey === undefined ? {} : { SSEKMSKeyId: encryption.kmsKey }),
          },
    async close() {
      (await connection)?.client.destroy();
    },
  };
}

async function connect(
  { region, endpoint, pathStyle }: S3Place,
  silenceMs: number,
): Promise<Connection> {
  const sdk = await loadSdk();
  const client = new sdk.S3Client({
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint }),
    forcePathStyle: pathStyle,
    followRegionRedirects: true,
    // what is sent carries a sha256 of ours, what is read is compared with its digest: crc32 would be a third pass
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    maxAttempts: 6, // with jittered backoff: about 10 s of a server that refuses
    requestHandler: { connectionTimeout: 5000, socketTimeout: silenceMs },
  });
  signWithChecksum(client);
  return { sdk, client };
}

/** The sha256 that a request names is what its signature is made from: the SDK need not hash the bytes once more. */
function signWithChecksum(client: Sdk.S3Client): void {
  client.middlewareStack.add(
    (next) => async (args) => {
      const { request } = args;
      if (isHttpRequest(request)) {
        const checksum = request.headers["x-amz-checksum-sha256"];
        if (checksum !== undefined) {
          const hex = Buffer.from(checksum, "base64").toString("hex");
          request.headers["x-amz-content-sha256"] = hex;
        }
      }
      return next(args);
    },
    { step: "build", name: "signWithChecksum" },
  );
}

function isHttpRequest(request: unknown): request is { headers: Record<string, string> } {
  return typeof request === "object" && request !== null && "headers" in request;
}

async function loadSdk(): Promise<typeof Sdk> {
  try {
    return await import("@aws-sdk/client-s3");
  } catch (cause) {
    throw new BentoError("BENTO_MISSING_PEER", "stores on S3 need the package @aws-sdk/client-s3", {
      where: "the project's node_modules",
      hint: `install it: npm i -D ${SDK}`,
      cause,
    });
  }
}

/**
 * Where a store on S3 stands, read from its URL: bucket and prefix, and in the query what differs from AWS's defaults.
 *
 * @module
 */
import { BentoError } from "../../../core/bento-error.ts";
import { nearest } from "../../../core/nearest.ts";
import { isKey } from "../../driver.ts";

/** A bucket, and the part of it that a store fills. */
export interface S3Place {
  /** As a user would write it after `--store`. */
  readonly url: string;
  readonly bucket: string;
  /** Empty, or names joined and ended by a slash. */
  readonly prefix: string;
  /** @default what the AWS SDK finds; us-east-1 where the endpoint is not Amazon's */
  readonly region?: string | undefined;
  /** Of another S3 than Amazon's, e.g. `https://minio.example.com`. */
  readonly endpoint?: string | undefined;
  /** Whether the bucket stands in the path and not in the host name. */
  readonly pathStyle: boolean;
  /** How the server encrypts what is written. @default as the bucket says */
  readonly encryption?: S3Encryption | undefined;
}

export interface S3Encryption {
  readonly algorithm: "aws:kms" | "AES256";
  /** Id, ARN or alias of a KMS key. @default Amazon's own for S3 */
  readonly kmsKey?: string | undefined;
}

/** Names of environment variables with their values. */
export type Environment = Readonly<Record<string, string | undefined>>;

const OPTIONS = ["region", "endpoint", "pathStyle", "sse", "kmsKey"] as const;

const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

/**
 * Reads `s3://bucket/prefix?region=…&endpoint=…&pathStyle=true&sse=aws:kms&kmsKey=…`.
 *
 * @param environment - AWS_ENDPOINT_URL_S3 and AWS_ENDPOINT_URL are looked up in it
 * @throws BentoError BENTO_INVALID_INPUT naming the part that cannot be
 */
export function parseS3Url(url: string, environment: Environment = {}): S3Place {
  const [path = "", query = ""] = url.replace(/^s3:\/*/i, "").split("?", 2);
  const [bucket = "", ...rest] = path.replace(/\/+$/, "").split("/");
  if (!BUCKET.test(bucket)) {
    throw invalid(url, `no bucket can be called ${JSON.stringify(bucket)}`);
  }
  const folder = rest.join("/");
  if (folder !== "" && !isKey(folder)) {
    throw invalid(url, `no prefix can be ${JSON.stringify(folder)}`);
  }
  const options = readOptions(url, query);
  const endpoint = readEndpoint(
    url,
    options.get("endpoint") ||
      environment["AWS_ENDPOINT_URL_S3"] ||
      environment["AWS_ENDPOINT_URL"] ||
      undefined,
  );
  return {
    url: `s3://${[bucket, ...rest].join("/")}${query === "" ? "" : `?${query}`}`,
    bucket,
    prefix: folder === "" ? "" : `${folder}/`,
    region: options.get("region") || (endpoint === undefined ? undefined : "us-east-1"),
    endpoint,
    pathStyle: readFlag(url, options.get("pathStyle")) ?? endpoint !== undefined,
    encryption: readEncryption(url, options),
  };
}

function readOptions(url: string, query: string): URLSearchParams {
  const options = new URLSearchParams(query);
  for (const name of options.keys()) {
    if (!OPTIONS.some((known) => known === name)) {
      const meant = nearest(name, OPTIONS);
      const advice = meant === undefined ? "" : `; did you mean ${meant}?`;
      throw invalid(url, `no option of an S3 store is called ${JSON.stringify(name)}${advice}`);
    }
  }
  return options;
}

function readEndpoint(url: string, endpoint: string | undefined): string | undefined {
  if (endpoint !== undefined && !/^https?:\/\/[^/]+/.test(endpoint)) {
    throw invalid(url, `not the URL of an S3 endpoint: ${JSON.stringify(endpoint)}`);
  }
  return endpoint;
}

function readFlag(url: string, text: string | null): boolean | undefined {
  if (text !== null && text !== "true" && text !== "false") {
    throw invalid(url, `pathStyle is true or false, not ${JSON.stringify(text)}`);
  }
  return text === null ? undefined : text === "true";
}

function readEncryption(url: string, options: URLSearchParams): S3Encryption | undefined {
  const kmsKey = options.get("kmsKey") ?? undefined;
  const algorithm = options.get("sse") ?? (kmsKey === undefined ? undefined : "aws:kms");
  switch (algorithm) {
    case undefined:
      return undefined;
    case "AES256":
    case "aws:kms":
      return { algorithm, kmsKey };
    default:
      throw invalid(url, `sse is aws:kms or AES256, not ${JSON.stringify(algorithm)}`);
  }
}

function invalid(url: string, message: string): BentoError {
  return new BentoError("BENTO_INVALID_INPUT", message, {
    where: url,
    hint: "write it as s3://bucket/prefix, e.g. s3://acme-models/bento?region=eu-central-1",
  });
}

/**
 * Turns what S3 and its SDK say into words: which bucket, why, and what a person can do.
 *
 * @module
 */
import { BentoError, type ErrorCode } from "../../../core/bento-error.ts";

/** What the SDK's errors carry beside their name. */
interface SdkFacts {
  readonly status: number | undefined;
  /** How often the request was sent. */
  readonly attempts: number;
}

type Explanation = readonly [code: ErrorCode, reason: string, hint: string];

const CREDENTIALS =
  "give credentials the way the AWS SDK reads them: AWS_PROFILE, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a role";
const CONNECTION =
  "check the endpoint and the network, and try again: only what is missing is sent";

const BY_NAME: Readonly<Record<string, Explanation>> = {
  NoSuchBucket: ["BENTO_NOT_FOUND", "there is no such bucket", "make it, or correct the name"],
  AccessDenied: [
    "BENTO_IO",
    "access denied",
    "allow s3:GetObject, s3:PutObject, s3:DeleteObject, s3:ListBucket and s3:AbortMultipartUpload on it",
  ],
  Forbidden: [
    "BENTO_IO",
    "access denied",
    "allow s3:GetObject, s3:PutObject, s3:DeleteObject, s3:ListBucket and s3:AbortMultipartUpload on it",
  ],
  InvalidAccessKeyId: ["BENTO_IO", "the access key is not known there", CREDENTIALS],
  SignatureDoesNotMatch: [
    "BENTO_IO",
    "the secret key is not the one of the access key",
    CREDENTIALS,
  ],
  ExpiredToken: ["BENTO_IO", "the credentials have expired", "sign in again, e.g. aws sso login"],
  CredentialsProviderError: ["BENTO_IO", "no credentials were found", CREDENTIALS],
  RequestTimeTooSkewed: [
    "BENTO_IO",
    "this machine's clock differs too much from the server's",
    "set the clock, e.g. with timedatectl",
  ],
  PermanentRedirect: [
    "BENTO_INVALID_INPUT",
    "the bucket is in another region",
    "add it to the store's URL: ?region=…, or set AWS_REGION",
  ],
  TimeoutError: ["BENTO_UNREACHABLE", "no answer in time", CONNECTION],
  SlowDown: ["BENTO_UNREACHABLE", "the server asks for fewer requests", "try again in a minute"],
  NotImplemented: [
    "BENTO_UNSUPPORTED",
    "the server does not do what a store needs",
    "take a server that has conditional writes (If-None-Match) and multipart uploads",
  ],
};

/**
 * @param error - what was caught; our own errors and aborts come back as they are
 * @param doing - a verb for the message, e.g. `read`
 * @param where - the store and the key
 */
export function s3Error(error: unknown, doing: string, where: string): unknown {
  if (BentoError.isInstance(error) || !(error instanceof Error) || error.name === "AbortError") {
    return error;
  }
  const [code, reason, hint] = explain(error);
  return new BentoError(code, `cannot ${doing} ${where}: ${reason}`, { where, hint, cause: error });
}

function explain(error: Error): Explanation {
  const { status } = sdkFacts(error);
  const known = BY_NAME[error.name];
  if (known !== undefined) {
    return known;
  }
  if (/region is missing/i.test(error.message)) {
    return [
      "BENTO_INVALID_INPUT",
      "no region is set",
      "add it to the store's URL: ?region=…, or set AWS_REGION",
    ];
  }
  if (status === 403) {
    return BY_NAME["AccessDenied"] ?? ["BENTO_IO", error.message, CREDENTIALS];
  }
  const answer = status === undefined ? error.message : `${status} ${error.name}: ${error.message}`;
  return ["BENTO_UNREACHABLE", answer, CONNECTION];
}

/** Status of the answer, and how often the request was sent; an error that is not the SDK's has neither. */
export function sdkFacts(error: unknown): SdkFacts {
  const metadata =
    error instanceof Error && "$metadata" in error && typeof error.$metadata === "object"
      ? error.$metadata
      : undefined;
  const read = (name: string): number | undefined => {
    const value: unknown = metadata === null ? undefined : Reflect.get(metadata ?? {}, name);
    return typeof value === "number" ? value : undefined;
  };
  return { status: read("httpStatusCode"), attempts: read("attempts") ?? 1 };
}

/** Whether what was asked for is not there; a bucket that is not there is another thing. */
export function isAbsent(error: unknown): boolean {
  return (
    error instanceof Error &&
    error.name !== "NoSuchBucket" &&
    error.name !== "NoSuchUpload" &&
    sdkFacts(error).status === 404
  );
}

/** Whether something was there already, so that a conditional write was not done. */
export function isPresent(error: unknown): boolean {
  return sdkFacts(error).status === 412;
}

/** Whether another writer of the same key was at work at the same time. */
export function isConflict(error: unknown): boolean {
  return sdkFacts(error).status === 409;
}

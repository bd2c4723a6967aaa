/**
 * The store in a bucket of S3, or of any server that speaks its protocol. Objects are written where nothing is, by the
 * server's own condition, so that of many writers on many machines one wins.
 *
 * @module
 */
import { collect as collectBytes } from "../../../oci/chunks.ts";
import { verified } from "../../../oci/verified.ts";
import {
  checkKey,
  type Driver,
  isKey,
  type ListOptions,
  type StoredObject,
  type StreamBody,
  type WaitOptions,
} from "../../driver.ts";
import { type Bucket, type BucketOptions, openBucket } from "./bucket.ts";
import { abortedBy, proveConditionalWrites, putIfAbsent } from "./conditional-put.ts";
import { PART_BYTES, uploadInParts } from "./multipart-upload.ts";
import { downloadRanges, type RemoteObject } from "./ranged-download.ts";
import { isAbsent, s3Error, sdkFacts } from "./s3-error.ts";
import type { S3Place } from "./s3-place.ts";
import { abortOldUploads } from "./unfinished-uploads.ts";

const PAGE_KEYS = 1000;

/** A driver over a bucket that other machines may use at the same time; the first request loads the AWS SDK. */
export function s3Driver(place: S3Place, options?: BucketOptions): Driver {
  const bucket = openBucket(place, options);
  let proof: Promise<void> | undefined;
  const prove = (options?: WaitOptions) => {
    proof ??= proveConditionalWrites(bucket, options).catch((error: unknown) => {
      proof = undefined; // asked again at the next write
      throw error;
    });
    return proof;
  };
  return {
    url: place.url,
    get: async (key, options) => getDocument(bucket, checkKey(key), options),
    async open(key, options = {}) {
      const object = await headObject(bucket, checkKey(key), options);
      return object === undefined ? undefined : downloadRanges(bucket, object, options);
    },
    async head(key, options) {
      const object = await headObject(bucket, checkKey(key), options);
      return object && { key, size: object.size };
    },
    async put(key, body, options) {
      options?.signal?.throwIfAborted();
      checkKey(key);
      await prove(options);
      return putBody(bucket, key, body, options);
    },
    list: (prefix, options) => listObjects(bucket, prefix, options),
    writtenAt: async (key, options) =>
      (await headObject(bucket, checkKey(key), options))?.writtenAt,
    sweep: (before, options) => abortOldUploads(bucket, before, options),
    async delete(key, options) {
      if ((await headObject(bucket, checkKey(key), options)) === undefined) {
        return false;
      }
      const { sdk, client } = await bucket.connect();
      const command = new sdk.DeleteObjectCommand(bucket.at(key));
      await client.send(command, abortedBy(options?.signal)).catch((error: unknown) => {
        throw s3Error(error, "delete", bucket.where(key));
      });
      return true;
    },
    [Symbol.asyncDispose]: () => bucket.close(),
  };
}

async function putBody(
  bucket: Bucket,
  key: string,
  body: Uint8Array | StreamBody,
  options?: WaitOptions,
): Promise<"created" | "exists"> {
  if (body instanceof Uint8Array) {
    return putIfAbsent(bucket, key, body, options);
  }
  if ((await headObject(bucket, key, options)) !== undefined) {
    return "exists";
  }
  if (body.size > PART_BYTES) {
    return uploadInParts(bucket, key, body, options);
  }
  const where = bucket.where(key);
  const bytes = await collectBytes(verified(body.open(), body, where), body.size, where);
  options?.signal?.throwIfAborted();
  return putIfAbsent(bucket, key, bytes, options);
}

/** One request for what is small enough to be read at once. */
async function getDocument(
  bucket: Bucket,
  key: string,
  options?: WaitOptions,
): Promise<Uint8Array | undefined> {
  options?.signal?.throwIfAborted();
  const { sdk, client } = await bucket.connect();
  try {
    const command = new sdk.GetObjectCommand(bucket.at(key));
    const { Body } = await client.send(command, abortedBy(options?.signal));
    return await Body?.transformToByteArray();
  } catch (error) {
    if (isAbsent(error)) {
      return undefined;
    }
    if (sdkFacts(error).status !== undefined || options?.signal?.aborted === true) {
      throw s3Error(error, "read", bucket.where(key));
    }
  }
  // the answer broke off
  const object = await headObject(bucket, key, options);
  return (
    object && collectBytes(downloadRanges(bucket, object, options), object.size, bucket.where(key))
  );
}

async function headObject(
  bucket: Bucket,
  key: string,
  options?: WaitOptions,
): Promise<RemoteObject | undefined> {
  options?.signal?.throwIfAborted();
  const { sdk, client } = await bucket.connect();
  try {
    const command = new sdk.HeadObjectCommand(bucket.at(key));
    const found = await client.send(command, abortedBy(options?.signal));
    return {
      key,
      size: found.ContentLength ?? 0,
      etag: found.ETag,
      writtenAt: found.LastModified,
    };
  } catch (error) {
    if (isAbsent(error)) {
      return undefined;
    }
    throw s3Error(error, "read", bucket.where(key));
  }
}

async function* listObjects(
  bucket: Bucket,
  prefix: string,
  { after, limit = Number.POSITIVE_INFINITY, signal }: ListOptions = {},
): AsyncGenerator<StoredObject, void> {
  signal?.throwIfAborted();
  const root = bucket.place.prefix;
  const { sdk, client } = await bucket.connect();
  let count = 0;
  for (let token: string | undefined; ; ) {
    const command = new sdk.ListObjectsV2Command({
      Bucket: bucket.place.bucket,
      Prefix: root + prefix,
      MaxKeys: Math.min(PAGE_KEYS, limit - count + 1), // one more: the proof of conditional writes is none
      ...(after === undefined || after === "" ? {} : { StartAfter: root + after }),
      ...(token === undefined ? {} : { ContinuationToken: token }),
    });
    const page = await client.send(command, abortedBy(signal)).catch((error: unknown) => {
      throw s3Error(error, "list", bucket.where(prefix));
    });
    for (const { Key = "", Size = 0 } of page.Contents ?? []) {
      const key = Key.slice(root.length);
      if (isKey(key) && count < limit) {
        signal?.throwIfAborted();
        count += 1;
        yield { key, size: Size };
      }
    }
    token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
    if (token === undefined || count >= limit) {
      return;
    }
  }
}

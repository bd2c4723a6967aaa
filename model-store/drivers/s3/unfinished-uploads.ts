/**
 * Uploads in parts that were begun and not ended, as the server lists them: to go on with one, or to end those of
 * processes that have died.
 *
 * @module
 */
import type { CompletedPart } from "@aws-sdk/client-s3";
import { collect } from "../../collect.ts";
import type { WaitOptions } from "../../driver.ts";
import type { Bucket } from "./bucket.ts";
import { abortedBy } from "./conditional-put.ts";
import { s3Error } from "./s3-error.ts";

/** An upload with the parts that are there, by number. */
export interface UnfinishedUpload {
  readonly id: string;
  readonly there: ReadonlyMap<number, CompletedPart>;
}

interface ListedUpload {
  /** As it stands in the bucket. */
  readonly key: string;
  readonly id: string;
  readonly begunAt: Date | undefined;
}

/** The newest one of exactly this key; keys of long content name it, so the content is the same. */
export async function findUpload(
  bucket: Bucket,
  key: string,
  options: WaitOptions,
): Promise<UnfinishedUpload | undefined> {
  const { Key } = bucket.at(key);
  let newest: ListedUpload | undefined;
  for await (const upload of listUploads(bucket, Key, options)) {
    if (upload.key === Key && (newest === undefined || isNewer(upload, newest))) {
      newest = upload;
    }
  }
  return newest && { id: newest.id, there: await listParts(bucket, key, newest.id, options) };
}

/**
 * Aborts uploads that nobody has finished; a bucket's own rule may do the same.
 *
 * @returns how many
 */
export async function abortOldUploads(
  bucket: Bucket,
  before: Date,
  options: WaitOptions = {},
): Promise<number> {
  const { bucket: Bucket, prefix } = bucket.place;
  try {
    const { sdk, client } = await bucket.connect();
    const listed = await collect(listUploads(bucket, prefix, options)); // before any goes that a page may follow
    const old = listed.filter(({ begunAt }) => begunAt !== undefined && begunAt < before);
    let aborted = 0;
    for (const { key: Key, id: UploadId } of old) {
      const command = new sdk.AbortMultipartUploadCommand({ Bucket, Key, UploadId });
      aborted += await client.send(command, abortedBy(options.signal)).then(
        () => 1,
        ifGone, // its own writer has finished it in the meantime
      );
    }
    return aborted;
  } catch (error) {
    throw s3Error(error, "clear", bucket.where(""));
  }
}

interface Marker {
  readonly KeyMarker?: string;
  readonly UploadIdMarker?: string;
}

async function* listUploads(
  bucket: Bucket,
  prefix: string,
  { signal }: WaitOptions,
): AsyncGenerator<ListedUpload, void> {
  const { sdk, client } = await bucket.connect();
  const place = { Bucket: bucket.place.bucket, Prefix: prefix };
  const read = (from: Marker) =>
    client.send(new sdk.ListMultipartUploadsCommand({ ...place, ...from }), abortedBy(signal));
  for (let from: Marker = {}; ; ) {
    const { KeyMarker: after } = from;
    const page = await read(from).catch((error: unknown) => {
      if (after === undefined || !(error instanceof Error) || error.name !== "InvalidArgument") {
        throw error;
      }
      return read({ KeyMarker: after }); // versitygw 1.8 does not know its own marker of an upload
    });
    for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
      if (Key !== undefined && UploadId !== undefined) {
        yield { key: Key, id: UploadId, begunAt: Initiated };
      }
    }
    const { NextKeyMarker: KeyMarker, NextUploadIdMarker: UploadIdMarker } = page;
    const isSame = KeyMarker === from.KeyMarker && UploadIdMarker === from.UploadIdMarker;
    if (page.IsTruncated !== true || KeyMarker === undefined || isSame) {
      return;
    }
    from = { KeyMarker, ...(UploadIdMarker === undefined ? {} : { UploadIdMarker }) };
  }
}

async function listParts(
  bucket: Bucket,
  key: string,
  id: string,
  { signal }: WaitOptions,
): Promise<UnfinishedUpload["there"]> {
  const { sdk, client } = await bucket.connect();
  const parts = new Map<number, CompletedPart>();
  for (let marker: string | undefined; ; ) {
    const page = await client.send(
      new sdk.ListPartsCommand({
        ...bucket.at(key),
        UploadId: id,
        ...(marker === undefined ? {} : { PartNumberMarker: marker }),
      }),
      abortedBy(signal),
    );
    for (const { PartNumber, ETag, ChecksumSHA256 } of page.Parts ?? []) {
      if (PartNumber !== undefined) {
        parts.set(PartNumber, { PartNumber, ETag, ChecksumSHA256 });
      }
    }
    // some servers name a next marker on the last page too
    if (page.IsTruncated !== true || page.NextPartNumberMarker === marker) {
      return parts;
    }
    marker = page.NextPartNumberMarker;
  }
}

function isNewer(one: ListedUpload, other: ListedUpload): boolean {
  const [a, b] = [one.begunAt?.getTime() ?? 0, other.begunAt?.getTime() ?? 0];
  return a === b ? one.id > other.id : a > b;
}

function ifGone(error: unknown): number {
  if (error instanceof Error && error.name === "NoSuchUpload") {
    return 0;
  }
  throw error;
}

/**
 * Writes an object in parts, several at once. Parts that an earlier try has left on the server are compared by their
 * sha256 and not sent again; the object appears when all of them are there and the whole has its digest.
 *
 * @module
 */
import { createHash } from "node:crypto";
import type { CompletedPart } from "@aws-sdk/client-s3";
import { BentoError } from "../../../core/bento-error.ts";
import { verified } from "../../../oci/verified.ts";
import type { StreamBody, WaitOptions } from "../../driver.ts";
import type { Bucket } from "./bucket.ts";
import { abortedBy } from "./conditional-put.ts";
import { cutIntoParts, type Part } from "./part-buffers.ts";
import { isConflict, isPresent, s3Error, sdkFacts } from "./s3-error.ts";
import { findUpload, type UnfinishedUpload } from "./unfinished-uploads.ts";

/** What is not longer is written in one request. */
export const PART_BYTES = 8 * 1024 * 1024;

const MOST_PARTS = 10_000;
const AT_ONCE = 4;
const MOST_RESTARTS = 3;

/** One upload on its way. */
interface Work extends WaitOptions {
  readonly bucket: Bucket;
  readonly key: string;
  readonly body: StreamBody;
}

/** @throws BentoError BENTO_INTEGRITY when the bytes differ from the body's digest or size; nothing is stored then */
export async function uploadInParts(
  bucket: Bucket,
  key: string,
  body: StreamBody,
  { signal }: WaitOptions = {},
): Promise<"created" | "exists"> {
  const work = { bucket, key, body, signal };
  try {
    let upload = (await findUpload(bucket, key, { signal })) ?? (await beginUpload(work));
    for (let restarts = 0; ; restarts += 1) {
      const state = await finishUpload(work, upload, await sendParts(work, upload));
      if (state !== "lost") {
        return state;
      }
      if (restarts === MOST_RESTARTS) {
        throw new BentoError("BENTO_CONFLICT", `${MOST_RESTARTS} other uploads were in the way`, {
          where: bucket.where(key),
          hint: "try again when no other process writes the same file",
        });
      }
      upload = await beginUpload(work);
    }
  } catch (error) {
    throw s3Error(error, "write", bucket.where(key));
  }
}

/** Parts are as small as the number of parts allows, so that little is lost with one. */
export function partBytesOf(size: number): number {
  const least = Math.ceil(size / MOST_PARTS);
  return Math.max(PART_BYTES, Math.ceil(least / 2 ** 20) * 2 ** 20);
}

async function beginUpload({ bucket, key, signal }: Work): Promise<UnfinishedUpload> {
  const { sdk, client } = await bucket.connect();
  const { UploadId } = await client.send(
    new sdk.CreateMultipartUploadCommand({
      ...bucket.at(key),
      ...bucket.encryption(),
      ChecksumAlgorithm: "SHA256",
    }),
    abortedBy(signal),
  );
  return { id: UploadId ?? "", there: new Map() };
}

/** @returns what was sent and what was there, in order */
async function sendParts(work: Work, upload: UnfinishedUpload): Promise<CompletedPart[] | "lost"> {
  const { bucket, key, body, signal } = work;
  const lanes = sendingLanes();
  const parts: CompletedPart[] = [];
  try {
    const pieces = verified(body.open(), body, bucket.where(key));
    for await (const part of cutIntoParts(pieces, partBytesOf(body.size))) {
      const checksum = createHash("sha256").update(part.bytes).digest("base64");
      await lanes.free(); // this one goes as soon as one is through
      signal?.throwIfAborted();
      lanes.begin(async () => {
        parts[part.number - 1] = await sendPart(work, upload, { ...part, checksum });
        part.release();
      });
    }
    await lanes.empty();
    return parts;
  } catch (error) {
    await lanes.empty().catch(() => {}); // the first failure is the one to tell
    if (isLost(error)) {
      return "lost";
    }
    if (BentoError.isInstance(error) && error.code === "BENTO_INTEGRITY") {
      await abortUpload(work, upload); // wrong content: nothing of it is of use
    }
    throw error;
  }
}

/** So many parts on their way at once; waiting fails with the first failure of one. */
function sendingLanes() {
  const sending = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | undefined;
  const check = () => {
    if (failure !== undefined) {
      throw failure.error;
    }
  };
  return {
    begin(send: () => Promise<void>): void {
      const sent: Promise<void> = send()
        .catch((error: unknown) => {
          failure ??= { error };
        })
        .finally(() => sending.delete(sent));
      sending.add(sent);
    },
    async free(): Promise<void> {
      if (sending.size === AT_ONCE) {
        await Promise.race(sending);
      }
      check();
    },
    async empty(): Promise<void> {
      await Promise.all(sending);
      check();
    },
  };
}

async function sendPart(
  { bucket, key, signal }: Work,
  upload: UnfinishedUpload,
  { number, bytes, checksum }: Part & { readonly checksum: string },
): Promise<CompletedPart> {
  const there = upload.there.get(number);
  if (there !== undefined && isSamePart(there, bytes, checksum)) {
    return there;
  }
  const { sdk, client } = await bucket.connect();
  const { ETag } = await client.send(
    new sdk.UploadPartCommand({
      ...bucket.at(key),
      UploadId: upload.id,
      PartNumber: number,
      Body: bytes,
      ContentLength: bytes.length,
      ChecksumSHA256: checksum,
    }),
    abortedBy(signal),
  );
  return { PartNumber: number, ETag, ChecksumSHA256: checksum };
}

/** Servers that keep no sha256 of a part have its md5 for an ETag. */
function isSamePart(
  { ChecksumSHA256, ETag }: CompletedPart,
  bytes: Buffer,
  sha256: string,
): boolean {
  return ChecksumSHA256 === undefined
    ? ETag?.replaceAll('"', "") === createHash("md5").update(bytes).digest("hex")
    : ChecksumSHA256 === sha256;
}

async function finishUpload(
  work: Work,
  upload: UnfinishedUpload,
  parts: CompletedPart[] | "lost",
): Promise<"created" | "exists" | "lost"> {
  const { bucket, key, signal } = work;
  if (parts === "lost") {
    return (await isThere(work)) ? "exists" : "lost";
  }
  const { sdk, client } = await bucket.connect();
  try {
    await client.send(
      new sdk.CompleteMultipartUploadCommand({
        ...bucket.at(key),
        UploadId: upload.id,
        MultipartUpload: { Parts: parts },
        IfNoneMatch: "*",
      }),
      abortedBy(signal),
    );
    return "created";
  } catch (error) {
    // a server that failed may have done it all the same, for us or for another
    const isUnclear = isLost(error) || (sdkFacts(error).status ?? 500) >= 500;
    if (isPresent(error) || (isUnclear && (await isThere(work)))) {
      await abortUpload(work, upload);
      return "exists";
    }
    if (isLost(error) || isConflict(error)) {
      await abortUpload(work, upload);
      return "lost";
    }
    throw error;
  }
}

/** Whether another process has completed or aborted the upload, or the server has forgotten a part of it. */
function isLost(error: unknown): boolean {
  return error instanceof Error && (error.name === "NoSuchUpload" || error.name === "InvalidPart");
}

async function isThere({ bucket, key, signal }: Work): Promise<boolean> {
  const { sdk, client } = await bucket.connect();
  return client.send(new sdk.HeadObjectCommand(bucket.at(key)), abortedBy(signal)).then(
    () => true,
    (error: unknown) => {
      if (sdkFacts(error).status === 404) {
        return false;
      }
      throw error;
    },
  );
}

async function abortUpload({ bucket, key }: Work, upload: UnfinishedUpload): Promise<void> {
  const { sdk, client } = await bucket.connect();
  const command = new sdk.AbortMultipartUploadCommand({ ...bucket.at(key), UploadId: upload.id });
  await client.send(command).catch(() => {}); // gone already, or left to the bucket's own rule
}

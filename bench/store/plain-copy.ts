/**
 * What the SDK itself takes to carry a file: parts and ranges of 8 MiB, four in flight, nothing compared and nothing
 * resumed. The store is measured against it.
 *
 * @module
 */
import { type FileHandle, open } from "node:fs/promises";
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";

const PART_BYTES = 8 * 2 ** 20;
const AT_ONCE = 4;

/** An object of a bucket at an endpoint. */
export interface PlainObject {
  readonly endpoint: string;
  readonly bucket: string;
  readonly key: string;
}

/** Credentials and region as the environment has them. */
export function plainClient({ endpoint }: Pick<PlainObject, "endpoint">): S3Client {
  return new S3Client({ endpoint, forcePathStyle: true });
}

/** @param sizeBytes - of the file */
export async function uploadPlain(
  client: S3Client,
  { bucket: Bucket, key: Key }: PlainObject,
  { path, sizeBytes }: { readonly path: string; readonly sizeBytes: number },
): Promise<void> {
  await using file = await open(path, "r");
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key }));
  const Parts = await inParts(sizeBytes, async (start, length, index) => {
    const Body = await readAt(file, start, length);
    const PartNumber = index + 1;
    const command = new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body });
    return { PartNumber, ETag: (await client.send(command)).ETag };
  });
  const MultipartUpload = { Parts };
  await client.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload }));
}

/** @param path - of a new file */
export async function downloadPlain(
  client: S3Client,
  { bucket: Bucket, key: Key }: PlainObject,
  path: string,
): Promise<void> {
  await using file = await open(path, "wx");
  const { ContentLength = 0 } = await client.send(new HeadObjectCommand({ Bucket, Key }));
  await inParts(ContentLength, async (start, length) => {
    const Range = `bytes=${start}-${start + length - 1}`;
    const { Body } = await client.send(new GetObjectCommand({ Bucket, Key, Range }));
    let offset = start;
    for await (const piece of (Body ?? []) as AsyncIterable<Uint8Array>) {
      await file.write(piece, 0, piece.length, offset);
      offset += piece.length;
    }
  });
}

/** The results in order. */
async function inParts<Result>(
  sizeBytes: number,
  work: (start: number, length: number, index: number) => Promise<Result>,
): Promise<Result[]> {
  const count = Math.ceil(sizeBytes / PART_BYTES);
  const results: Result[] = [];
  let next = 0;
  const lane = async () => {
    for (let index = next++; index < count; index = next++) {
      const start = index * PART_BYTES;
      results[index] = await work(start, Math.min(PART_BYTES, sizeBytes - start), index);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return results;
}

async function readAt(file: FileHandle, start: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(length), 0, length, start);
  if (bytesRead !== length) {
    throw new Error(`${bytesRead} of ${length} bytes were read`);
  }
  return buffer;
}

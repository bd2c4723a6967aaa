/**
 * Writes an object where nothing is. A server that does not honour the condition would let versions be overwritten, so
 * none is trusted before it has refused a write.
 *
 * @module
 */
import { createHash, randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { BentoError } from "../../../core/bento-error.ts";
import type { WaitOptions } from "../../driver.ts";
import type { Bucket } from "./bucket.ts";
import { isConflict, isPresent, s3Error, sdkFacts } from "./s3-error.ts";

/** Starts with a dot, so it is no key of the store. */
const PROOF = ".conditional-writes";

/** Metadata of an object that says which call wrote it. */
const WRITER = "bento-writer";

const MOST_CONFLICTS = 10;

/**
 * Writes bytes under a key unless there are some.
 *
 * @returns "created" exactly once for each object, also when the answer to the write that did it was lost
 */
export async function putIfAbsent(
  bucket: Bucket,
  key: string,
  bytes: Uint8Array,
  { signal }: WaitOptions = {},
): Promise<"created" | "exists"> {
  const { sdk, client } = await bucket.connect();
  const writer = randomUUID();
  const command = new sdk.PutObjectCommand({
    ...bucket.at(key),
    ...bucket.encryption(),
    Body: bytes,
    ContentLength: bytes.length,
    ChecksumSHA256: createHash("sha256").update(bytes).digest("base64"),
    IfNoneMatch: "*",
    Metadata: { [WRITER]: writer },
  });
  for (let conflicts = 0; ; conflicts += 1) {
    try {
      await client.send(command, abortedBy(signal));
      return "created";
    } catch (error) {
      if (isPresent(error)) {
        // a repeated request may have been refused because of its own first try
        const isRepeated = conflicts > 0 || sdkFacts(error).attempts > 1;
        return isRepeated && (await writerOf(bucket, key, signal)) === writer
          ? "created"
          : "exists";
      }
      if (!isConflict(error) || conflicts === MOST_CONFLICTS) {
        throw s3Error(error, "write", bucket.where(key));
      }
    }
    await wait(2 ** Math.min(conflicts, 7) * 10 * (0.5 + Math.random()), undefined, { signal });
  }
}

/**
 * Makes sure that the server refuses to write over an object.
 *
 * @throws BentoError BENTO_UNSUPPORTED when it does not
 */
export async function proveConditionalWrites(bucket: Bucket, options?: WaitOptions): Promise<void> {
  const bytes = Buffer.from("a store of bentokit: writes here are conditional\n");
  const put = () => putIfAbsent(bucket, PROOF, bytes, options);
  if ((await put()) === "created" && (await put()) === "created") {
    const { url } = bucket.place;
    throw new BentoError("BENTO_UNSUPPORTED", `${url} lets objects be overwritten`, {
      where: url,
      hint: "a store needs a server that honours If-None-Match on writes: Amazon S3, MinIO, R2 and Ceph 19 do",
    });
  }
}

/** As commands take it. */
export function abortedBy(signal: AbortSignal | undefined): { abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal };
}

async function writerOf(
  bucket: Bucket,
  key: string,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const { sdk, client } = await bucket.connect();
  try {
    const head = await client.send(new sdk.HeadObjectCommand(bucket.at(key)), abortedBy(signal));
    return head.Metadata?.[WRITER];
  } catch (error) {
    throw s3Error(error, "read", bucket.where(key));
  }
}

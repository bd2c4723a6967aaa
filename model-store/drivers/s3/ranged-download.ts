/**
 * Reads an object in ranges, several at once and in order. A range that is cut off goes on where it ended, so a bad
 * network costs the bytes that it lost and no others.
 *
 * @module
 */
import { setTimeout as wait } from "node:timers/promises";
import { BentoError } from "../../../core/bento-error.ts";
import type { OpenOptions } from "../../driver.ts";
import type { Bucket } from "./bucket.ts";
import { abortedBy } from "./conditional-put.ts";
import { s3Error, sdkFacts } from "./s3-error.ts";

const RANGE_BYTES = 4 * 1024 * 1024;
const AT_ONCE = 5;

/** Tries without a byte gained before a range is given up. */
const MOST_TRIES = 6;

/** An object as it was found. */
export interface RemoteObject {
  readonly key: string;
  readonly size: number;
  /** So that no other object's bytes are read in between. */
  readonly etag: string | undefined;
  /** By the server's clock. */
  readonly writtenAt: Date | undefined;
}

interface Range {
  readonly start: number;
  /** Byte after the last. */
  readonly end: number;
}

/** The bytes from `start` to `end`, at most 24 MiB of them in memory. */
export async function* downloadRanges(
  bucket: Bucket,
  object: RemoteObject,
  { start = 0, end = object.size, signal }: OpenOptions = {},
): AsyncGenerator<Uint8Array, void> {
  const stop = new AbortController();
  const either = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
  const ranges = rangesOf(start, Math.min(end, object.size));
  const waiting: Promise<readonly Uint8Array[]>[] = [];
  const begin = () => {
    const { value } = ranges.next();
    if (value !== undefined) {
      const pieces = readRange(bucket, object, value, either);
      pieces.catch(() => {}); // told when its turn comes
      waiting.push(pieces);
    }
  };
  try {
    for (let count = 0; count < AT_ONCE; count += 1) {
      begin();
    }
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const pieces = await next;
      begin();
      yield* pieces;
    }
  } finally {
    stop.abort(); // a reader that leaves early waits for nothing
  }
}

function* rangesOf(start: number, end: number): Generator<Range, undefined> {
  for (let from = start; from < end; from += RANGE_BYTES) {
    yield { start: from, end: Math.min(from + RANGE_BYTES, end) };
  }
}

async function readRange(
  bucket: Bucket,
  object: RemoteObject,
  range: Range,
  signal: AbortSignal,
): Promise<readonly Uint8Array[]> {
  const pieces: Uint8Array[] = [];
  const length = range.end - range.start;
  let filled = 0;
  for (let tries = 0; ; tries += 1) {
    const before = filled;
    const rest = { start: range.start + filled, end: range.end };
    let failure: unknown;
    try {
      for await (const piece of await openRange(bucket, object, rest, signal)) {
        if (filled + piece.length > length) {
          throw unexpected(bucket, object, "more bytes than were asked for");
        }
        pieces.push(piece);
        filled += piece.length;
      }
    } catch (error) {
      failure = error;
    }
    if (filled === length && failure === undefined) {
      return pieces;
    }
    signal.throwIfAborted();
    tries = filled > before ? 0 : tries;
    if (!isWorthRepeating(failure) || tries === MOST_TRIES) {
      throw s3Error(
        failure ?? unexpected(bucket, object, "an answer without its bytes"),
        "read",
        bucket.where(object.key),
      );
    }
    await wait(2 ** tries * 50 * (0.5 + Math.random()), undefined, { signal });
  }
}

async function openRange(
  bucket: Bucket,
  object: RemoteObject,
  { start, end }: Range,
  signal: AbortSignal,
): Promise<AsyncIterable<Uint8Array>> {
  const { sdk, client } = await bucket.connect();
  const { key, etag, size } = object;
  const isPart = start > 0 || end < size;
  const answer = await client.send(
    new sdk.GetObjectCommand({
      ...bucket.at(key),
      ...(isPart ? { Range: `bytes=${start}-${end - 1}` } : {}),
      ...(etag === undefined ? {} : { IfMatch: etag }),
    }),
    abortedBy(signal),
  );
  if (isPart && answer.ContentRange === undefined) {
    throw unexpected(bucket, object, "the whole object where a range was asked for");
  }
  // in Node it is a stream of its bytes
  return (answer.Body ?? []) as AsyncIterable<Uint8Array>;
}

/** The SDK has repeated requests that failed; here are those whose answer broke off. */
function isWorthRepeating(error: unknown): boolean {
  return (
    error === undefined || (!BentoError.isInstance(error) && sdkFacts(error).status === undefined)
  );
}

function unexpected(bucket: Bucket, { key }: RemoteObject, what: string): BentoError {
  const where = bucket.where(key);
  return new BentoError("BENTO_UNREACHABLE", `the server sent ${what}`, {
    where,
    hint: "try again; if it stays so, the endpoint is not an S3 server that a store can use",
  });
}

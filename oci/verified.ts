/**
 * Bytes that are promised by length and digest: they pass through and the stream fails unless the promise held.
 * The failure comes at the end, so a reader that keeps bytes must drop them when it fails.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { BentoError } from "../core/bento-error.ts";
import type { Digest } from "../core/digest.ts";
import type { ByteStream } from "./chunks.ts";

/** Content known beforehand. */
export interface ExpectedContent {
  readonly digest: Digest;
  /** Length in bytes. */
  readonly size: number;
}

/**
 * @param where - what is read, for the message
 * @throws BentoError BENTO_INTEGRITY while reading, at the first byte too many or at the end
 */
export async function* verified(
  source: ByteStream,
  expected: ExpectedContent,
  where: string,
): AsyncGenerator<Uint8Array> {
  const hash = createHash("sha256");
  let size = 0;
  for await (const chunk of source) {
    size += chunk.length;
    if (size > expected.size) {
      throw mismatch(`expected ${expected.size} bytes, got more`, where);
    }
    hash.update(chunk);
    yield chunk;
  }
  if (size !== expected.size) {
    throw mismatch(`expected ${expected.size} bytes, got ${size}`, where);
  }
  const digest = `sha256:${hash.digest("hex")}`;
  if (digest !== expected.digest) {
    throw mismatch(`expected ${expected.digest}, got ${digest}`, where);
  }
}

function mismatch(message: string, where: string): BentoError {
  return new BentoError("BENTO_INTEGRITY", message, {
    where,
    hint: "the bytes were cut short or changed; fetch or build them again",
  });
}

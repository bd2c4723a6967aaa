/**
 * Digests of files that are only streamed, and the version that a Node binary tells of itself on the way.
 *
 * @module
 */
import { createHash } from "node:crypto";
import type { Digest } from "../../core/digest.ts";
import type { ByteStream } from "../../oci/chunks.ts";

/** The digest of a stream's bytes, which are read to the end. */
export async function hashFile(bytes: ByteStream): Promise<Digest> {
  const hash = createHash("sha256");
  for await (const chunk of bytes) {
    hash.update(chunk);
  }
  return `sha256:${hash.digest("hex")}`;
}

/** Node keeps the address of its own sources: `…/node-v24.1.0.tar.gz`. */
const MARK = "node-v";
const MARK_BYTES = 32;

/**
 * Looks for Node's version while a binary passes.
 *
 * @returns the same bytes, and the version once they are read
 */
export function nodeVersionIn(source: ByteStream): {
  readonly bytes: ByteStream;
  version(): string | undefined;
} {
  let version: string | undefined;
  async function* passing(): AsyncGenerator<Uint8Array> {
    let tail = Buffer.alloc(0);
    for await (const chunk of source) {
      if (version === undefined) {
        const text = Buffer.concat([tail, chunk]);
        version = versionIn(text);
        tail = Buffer.from(text.subarray(-MARK_BYTES));
      }
      yield chunk;
    }
  }
  return { bytes: passing(), version: () => version };
}

function versionIn(bytes: Buffer): string | undefined {
  for (let at = bytes.indexOf(MARK); at >= 0; at = bytes.indexOf(MARK, at + 1)) {
    const text = bytes.toString("latin1", at, at + MARK_BYTES);
    const found = /^node-v(\d+\.\d+\.\d+)[^\d]/.exec(text)?.[1];
    if (found !== undefined) {
      return found;
    }
  }
  return undefined;
}

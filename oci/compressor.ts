/**
 * Which compressor this Node has. Official releases all give the same gzip bytes; a Node that is linked to another zlib
 * gives others, of the same content. A fixed vector tells them apart.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { deflateRawSync } from "node:zlib";
import { digestHex, digestOf } from "../core/digest.ts";

/** The compressor of official Node releases 20 to 26, on x64 and arm64. */
export const REFERENCE_COMPRESSOR = "zlib-chromium-1";

const VECTOR_BYTES = 64 * 1024;

/** Digest of the vector as the reference compresses it. */
const REFERENCE_DIGEST = "sha256:e9804e0ca97a6dbbe42e5905cca6031f0a3f2f9784a0247f67d7937c2c362907";

export interface Compressor {
  /** Two compressors of one id give the same bytes. */
  readonly id: string;
  /** Whether blobs have the digests that official releases of Node give them. */
  readonly isReference: boolean;
}

/** @param compress - raw deflate at level 6, as layers are compressed; Node's by default */
export function identifyCompressor(
  compress: (bytes: Uint8Array) => Uint8Array = (bytes) => deflateRawSync(bytes, { level: 6 }),
): Compressor {
  const digest = digestOf(compress(goldenVector()));
  const isReference = digest === REFERENCE_DIGEST;
  return {
    id: isReference ? REFERENCE_COMPRESSOR : `zlib-${digestHex(digest).slice(0, 12)}`,
    isReference,
  };
}

/** Text that repeats, numbers that do not, and runs between: each way that a compressor may choose. */
function goldenVector(): Buffer {
  const parts: Buffer[] = [];
  let bytes = 0;
  for (let index = 0; bytes < VECTOR_BYTES; index += 1) {
    const noise = createHash("sha256").update(`bentokit ${index}`).digest();
    const text = `{"feature_${index % 37}":${noise.readUInt16LE(0) / 64},"label":"${noise.toString("base64", 2, 2 + (index % 23))}"}\n`;
    const run = Buffer.alloc(noise.readUInt8(31) % 40, index % 251);
    for (const part of [Buffer.from(text), run, noise]) {
      parts.push(part);
      bytes += part.length;
    }
  }
  return Buffer.concat(parts).subarray(0, VECTOR_BYTES);
}

/**
 * Content addresses: `sha256:` and 64 hex digits. Every stored byte is known by one.
 *
 * @module
 */
import { createHash } from "node:crypto";
import * as z from "zod";

export type Digest = `sha256:${string}`;

/** A digest as it stands in files and answers. */
export const Digest = z
  .templateLiteral(["sha256:", z.string().regex(/^[0-9a-f]{64}$/)])
  .describe("Content address: sha256: and 64 hex digits.");

/** The digest of bytes that are at hand; use a running hash for streams. */
export function digestOf(bytes: Uint8Array | string): Digest {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

/** The 64 hex digits alone. */
export function digestHex(digest: Digest): string {
  return digest.slice("sha256:".length);
}

/** True when the text is a whole digest, as typed or as another system sent it. */
export function isDigest(text: string): text is Digest {
  return /^sha256:[0-9a-f]{64}$/.test(text);
}

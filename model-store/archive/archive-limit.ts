/**
 * How much an archive may unpack to. A few kilobytes can unpack to terabytes; nothing of that size is a model.
 *
 * @module
 */
import { BentoError } from "../../core/bento-error.ts";
import { formatBytes } from "../../core/units.ts";
import type { ByteStream } from "../../oci/chunks.ts";

/** @throws BentoError BENTO_REFUSED from the stream when it has more bytes */
export async function* bounded(source: ByteStream, limitBytes: number): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const piece of source) {
    size += piece.length;
    if (size > limitBytes) {
      throw tooLarge(limitBytes);
    }
    yield piece;
  }
}

/** The refusal of an archive that unpacks to more bytes than its own length explains. */
export function tooLarge(limitBytes: number): BentoError {
  return new BentoError(
    "BENTO_REFUSED",
    `the archive unpacks to more than ${formatBytes(limitBytes)}`,
    { where: "archive", hint: "unpack it yourself if you trust it, and name the folder" },
  );
}

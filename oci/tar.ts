/**
 * A tar writer whose output depends on its entries alone: the same entries give the same bytes on every machine. It
 * streams: no file is held whole.
 *
 * @module
 */
import { BentoError } from "../core/bento-error.ts";
import type { TarEntry, TarFile } from "./tar-entry.ts";
import { BLOCK_BYTES, paddingOf, tarHeader } from "./tar-header.ts";
import { planTar } from "./tar-plan.ts";

/** Two empty blocks end an archive; GNU tar's longer padding is not written. */
const TRAILER_BYTES = 2 * BLOCK_BYTES;

/**
 * Writes an archive.
 *
 * @param entries - in any order; parents are added (see planTar)
 * @throws BentoError BENTO_INVALID_INPUT as planTar does; BENTO_IO when a file is longer or shorter than its `size`
 */
export async function* writeTar(
  entries: Iterable<TarEntry>,
  options: { readonly signal?: AbortSignal | undefined } = {},
): AsyncGenerator<Uint8Array> {
  for (const entry of planTar(entries)) {
    options.signal?.throwIfAborted();
    yield tarHeader(entry);
    if (entry.kind === "file" && entry.size > 0) {
      yield* fileBytes(entry);
      yield Buffer.alloc(paddingOf(entry.size));
    }
  }
  yield Buffer.alloc(TRAILER_BYTES);
}

/** Length in bytes of the archive that `writeTar` makes, by arithmetic. */
export function tarBytes(entries: Iterable<TarEntry>): number {
  let bytes = TRAILER_BYTES;
  for (const entry of planTar(entries)) {
    const size = entry.kind === "file" ? entry.size : 0;
    bytes += tarHeader(entry).length + size + paddingOf(size);
  }
  return bytes;
}

async function* fileBytes(file: TarFile): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const chunk of contentOf(file)) {
    size += chunk.length;
    if (size > file.size) {
      throw changed(file, "more");
    }
    yield chunk;
  }
  if (size < file.size) {
    throw changed(file, String(size));
  }
}

/** The content of a file as a stream, opened anew by each call. */
async function* contentOf(file: TarFile): AsyncGenerator<Uint8Array> {
  if (typeof file.content === "function") {
    yield* file.content();
  } else {
    yield file.content;
  }
}

function changed(file: TarFile, got: string): BentoError {
  return new BentoError("BENTO_IO", `expected ${file.size} bytes, got ${got}`, {
    where: file.path,
    hint: "the file changed while it was read; run the command again",
  });
}

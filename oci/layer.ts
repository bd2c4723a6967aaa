/**
 * A layer of an image: a deterministic tar archive, compressed, hashed and kept in one pass over its bytes.
 *
 * @module
 */
import { createHash } from "node:crypto";
import type { Digest } from "../core/digest.ts";
import type { ByteStream } from "./chunks.ts";
import { type Compression, gzip } from "./gzip.ts";
import type { BlobSink } from "./layout.ts";
import type { Descriptor } from "./manifest.ts";
import { OCI_LAYER_GZIP } from "./media-type.ts";
import { writeTar } from "./tar.ts";
import type { TarEntry } from "./tar-entry.ts";

export interface BuildLayerOptions {
  /** In any order. */
  readonly entries: Iterable<TarEntry>;
  /** Either is of media type `tar+gzip`. */
  readonly compression: Compression;
  /** Where the layer's blob goes. */
  readonly sink: BlobSink;
  readonly signal?: AbortSignal | undefined;
}

export interface BuiltLayer {
  readonly descriptor: Descriptor;
  /** Digest of the archive before compression; the image's config names layers by it. */
  readonly diffId: Digest;
  /** Length of the archive before compression. */
  readonly uncompressedBytes: number;
}

/**
 * Builds one layer.
 *
 * @throws BentoError as writeTar does
 */
export async function buildLayer(options: BuildLayerOptions): Promise<BuiltLayer> {
  const { entries, compression, sink, signal } = options;
  const hash = createHash("sha256");
  let uncompressedBytes = 0;
  async function* archive(): ByteStream & AsyncGenerator<Uint8Array> {
    for await (const chunk of writeTar(entries, { signal })) {
      hash.update(chunk);
      uncompressedBytes += chunk.length;
      yield chunk;
    }
  }
  const blob = await sink.writeBlob(gzip(archive(), compression), { signal });
  return {
    descriptor: { mediaType: OCI_LAYER_GZIP, ...blob },
    diffId: `sha256:${hash.digest("hex")}`,
    uncompressedBytes,
  };
}

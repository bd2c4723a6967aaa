/**
 * The tar archive in a layer's blob, whatever the layer is compressed with.
 *
 * @module
 */
import { pipeline } from "node:stream/promises";
import { createZstdDecompress } from "node:zlib";
import type { ByteStream } from "./chunks.ts";
import { gunzip } from "./gzip.ts";
import { OCI_LAYER, OCI_LAYER_GZIP, ociLayerType } from "./media-type.ts";

/**
 * @param blob - bytes of the layer
 * @param mediaType - the layer's, of either family
 * @returns fails as zlib does when the bytes are not what the media type says
 * @throws BentoError BENTO_UNSUPPORTED for what is no layer
 */
export function layerArchive(blob: ByteStream, mediaType: string): ByteStream {
  const type = ociLayerType(mediaType);
  if (type === OCI_LAYER) {
    return blob;
  }
  return type === OCI_LAYER_GZIP ? gunzip(blob) : unzstd(blob);
}

async function* unzstd(blob: ByteStream): AsyncGenerator<Uint8Array> {
  const stream = createZstdDecompress();
  const fed = pipeline(blob, stream);
  fed.catch(() => {}); // a failure also destroys the stream, so that the loop throws it
  yield* stream;
  await fed;
}

/**
 * Copies an image's layers from one layout to another; what is there already is not copied again.
 *
 * @module
 */
import type { OciLayout, WriteBlobOptions } from "./layout.ts";
import type { ImageManifest } from "./manifest.ts";

/**
 * Layers only: config and manifest belong to the image that they describe.
 *
 * @throws BentoError BENTO_INTEGRITY when a blob of the source does not match its digest
 */
export async function copyLayers(
  from: OciLayout,
  to: OciLayout,
  manifest: ImageManifest,
  options: WriteBlobOptions = {},
): Promise<void> {
  for (const layer of manifest.layers) {
    if (!(await to.hasBlob(layer))) {
      await to.adoptBlob(from, layer, options);
    }
  }
}

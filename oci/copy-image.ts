/**
 * Copies images and their layers from one layout to another; what is there already is not copied again.
 *
 * @module
 */
import type { InspectedImage } from "./inspect-image.ts";
import type { ImageSource, OciLayout, WriteBlobOptions } from "./layout.ts";
import type { ImageManifest } from "./manifest.ts";

/**
 * Layers only: config and manifest belong to the image that they describe.
 *
 * @throws BentoError BENTO_INTEGRITY when a blob of the source does not match its digest
 */
export async function copyLayers(
  from: ImageSource,
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

/**
 * A whole image, byte for byte: its digest stays.
 *
 * @param name - in the other layout's index
 * @throws BentoError BENTO_INTEGRITY when a blob of the source does not match its digest
 */
export async function copyImage(
  from: OciLayout,
  to: OciLayout,
  { descriptor, manifest }: Pick<InspectedImage, "descriptor" | "manifest">,
  { name, signal }: WriteBlobOptions & { readonly name: string },
): Promise<void> {
  await copyLayers(from, to, manifest, { signal });
  for (const document of [manifest.config, descriptor]) {
    await to.writeBlob(from.readBlob(document), { signal });
  }
  await to.setImage(descriptor, name);
}

/**
 * Media types of images in both families, Docker's schema 2 and OCI's. Images of ours are OCI throughout; a base in the
 * other family has the same bytes under other names.
 *
 * @module
 */
import { BentoError } from "../core/bento-error.ts";

export const OCI_INDEX = "application/vnd.oci.image.index.v1+json";
export const OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json";
export const OCI_CONFIG = "application/vnd.oci.image.config.v1+json";
export const OCI_LAYER = "application/vnd.oci.image.layer.v1.tar";
export const OCI_LAYER_GZIP = "application/vnd.oci.image.layer.v1.tar+gzip";
const OCI_LAYER_ZSTD = "application/vnd.oci.image.layer.v1.tar+zstd";
export const DOCKER_INDEX = "application/vnd.docker.distribution.manifest.list.v2+json";
export const DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json";

/** Lists of images for several platforms. */
export const INDEX_TYPES: readonly string[] = [OCI_INDEX, DOCKER_INDEX];

/** Single images. */
export const MANIFEST_TYPES: readonly string[] = [OCI_MANIFEST, DOCKER_MANIFEST];

const OCI_LAYER_TYPES: Readonly<Record<string, string>> = {
  [OCI_LAYER]: OCI_LAYER,
  [OCI_LAYER_GZIP]: OCI_LAYER_GZIP,
  [OCI_LAYER_ZSTD]: OCI_LAYER_ZSTD,
  "application/vnd.docker.image.rootfs.diff.tar": OCI_LAYER,
  "application/vnd.docker.image.rootfs.diff.tar.gzip": OCI_LAYER_GZIP,
  "application/vnd.docker.image.rootfs.diff.tar.zstd": OCI_LAYER_ZSTD,
};

/**
 * OCI's name for a layer's media type of either family.
 *
 * @throws BentoError BENTO_UNSUPPORTED for foreign (not distributable) and unknown layers
 */
export function ociLayerType(mediaType: string): string {
  const known = OCI_LAYER_TYPES[mediaType];
  if (known === undefined) {
    throw new BentoError("BENTO_UNSUPPORTED", `not a layer that can be copied: ${mediaType}`, {
      hint: "use a base image whose layers are tar archives, plain, gzip or zstd",
    });
  }
  return known;
}

/** Whether a media type belongs to Docker's family. */
export function isDockerType(mediaType: string): boolean {
  return mediaType.startsWith("application/vnd.docker.");
}

/**
 * An image in a registry, read as a layout is: documents are fetched when they are asked for, nothing is kept.
 *
 * @module
 */
import { BentoError } from "../../core/bento-error.ts";
import { formatImageRef, type ImageRef } from "../../core/image-ref.ts";
import { streamOf } from "../chunks.ts";
import type { ImageSource } from "../layout.ts";
import { type Descriptor, ImageIndex, type ImagePlatform, parseDocument } from "../manifest.ts";
import { INDEX_TYPES, MANIFEST_TYPES } from "../media-type.ts";
import { selectPlatform } from "../select-platform.ts";
import { createRegistryClient, type FetchedDocument, type RegistryClient } from "./client.ts";
import type { RegistryOptions } from "./session.ts";

export interface RemoteImage {
  readonly source: ImageSource;
  /** Its manifest, never an index. */
  readonly image: Descriptor;
}

/**
 * @throws BentoError BENTO_NOT_FOUND, BENTO_UNREACHABLE, BENTO_INTEGRITY; BENTO_UNSUPPORTED when it has no image for the
 * platform
 */
export async function remoteImage(
  reference: ImageRef,
  platform: ImagePlatform,
  options: RegistryOptions = {},
): Promise<RemoteImage> {
  const client = createRegistryClient(reference, options);
  const { descriptor, bytes } = await platformManifest(client, reference, platform);
  const directory = formatImageRef(reference);
  const source: ImageSource = {
    directory,
    readBlob: (blob) =>
      blob.digest === descriptor.digest ? streamOf(bytes) : client.blobs.get(blob),
    async readDocument(blob) {
      const isManifest = blob.digest === descriptor.digest;
      return parseJson(isManifest ? bytes : await client.blobs.read(blob), directory);
    },
    images: async () => [descriptor],
  };
  return { source, image: descriptor };
}

/** The manifest for a platform, through an index where the reference leads to one. */
export async function platformManifest(
  client: RegistryClient,
  reference: ImageRef,
  platform: ImagePlatform,
): Promise<FetchedDocument> {
  const where = formatImageRef(reference);
  const first = await client.manifests.get(reference.digest ?? reference.tag ?? "latest");
  if (MANIFEST_TYPES.includes(first.descriptor.mediaType)) {
    return first;
  }
  if (!INDEX_TYPES.includes(first.descriptor.mediaType)) {
    throw new BentoError("BENTO_UNSUPPORTED", `not an image: ${first.descriptor.mediaType}`, {
      where,
    });
  }
  const index = parseDocument(ImageIndex, parseJson(first.bytes, where), where);
  return client.manifests.get(selectPlatform(index, platform, where).digest);
}

/** @throws BentoError BENTO_INTEGRITY when the bytes are no JSON */
export function parseJson(bytes: Buffer, where: string): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch (error) {
    throw new BentoError("BENTO_INTEGRITY", "not a JSON document", { where, cause: error });
  }
}

/**
 * Reads an image back from a layout: its manifest, its config and one line per layer.
 *
 * @module
 */
import { BentoError } from "../core/bento-error.ts";
import type { Digest } from "../core/digest.ts";
import { type ImageSource, REF_NAME } from "./layout.ts";
import {
  type Descriptor,
  ImageConfig,
  ImageIndex,
  ImageManifest,
  type ImagePlatform,
  parseDocument,
} from "./manifest.ts";
import { INDEX_TYPES } from "./media-type.ts";
import { selectPlatform } from "./select-platform.ts";

/** Annotations on the layers of images made here. */
export const LAYER_TITLE = "org.opencontainers.image.title";
export const LAYER_UNCOMPRESSED = "org.bentokit.uncompressed-bytes";

export interface LayerInfo {
  /** What is in it, e.g. `model iris:v1`; `base` for layers that do not say. */
  readonly title: string;
  readonly digest: Digest;
  /** Length of the blob in bytes. */
  readonly size: number;
  /** Length of its archive in bytes, where the layer says. */
  readonly uncompressedBytes: number | undefined;
}

export interface InspectedImage {
  readonly descriptor: Descriptor;
  readonly manifest: ImageManifest;
  readonly config: ImageConfig;
  /** Lowest first. */
  readonly layers: readonly LayerInfo[];
}

export interface SelectImageOptions {
  /** Digest of an image or index in the layout's index. */
  readonly digest?: Digest | undefined;
  /** Name of an image in the layout's index. */
  readonly name?: string | undefined;
  /** Which image of an index, where there is one. */
  readonly platform?: ImagePlatform | undefined;
}

/**
 * Reads one image. Without a digest or a name the layout must hold exactly one, or one for the platform.
 *
 * @throws BentoError BENTO_NOT_FOUND when nothing or too much matches; BENTO_INTEGRITY for damaged documents
 */
export async function inspectImage(
  layout: ImageSource,
  options: SelectImageOptions = {},
): Promise<InspectedImage> {
  const descriptor = await findImage(layout, options);
  const where = `${layout.directory}@${descriptor.digest}`;
  const manifest = parseDocument(ImageManifest, await layout.readDocument(descriptor), where);
  const config = parseDocument(ImageConfig, await layout.readDocument(manifest.config), where);
  const layers = manifest.layers.map((layer) => layerInfo(layer));
  return { descriptor, manifest, config, layers };
}

/** What a layer's descriptor says of it. */
export function layerInfo(layer: Descriptor): LayerInfo {
  const uncompressed = layer.annotations?.[LAYER_UNCOMPRESSED];
  return {
    title: layer.annotations?.[LAYER_TITLE] ?? "base",
    digest: layer.digest,
    size: layer.size,
    uncompressedBytes: uncompressed === undefined ? undefined : Number(uncompressed),
  };
}

async function findImage(layout: ImageSource, options: SelectImageOptions): Promise<Descriptor> {
  const all = await layout.images();
  const matching = all.filter(
    (image) =>
      (options.digest === undefined || image.digest === options.digest) &&
      (options.name === undefined || image.annotations?.[REF_NAME] === options.name),
  );
  // One image may stand there under several names.
  const distinct = [...new Map(matching.map((image) => [image.digest, image])).values()];
  const [only, ...more] = distinct.length > 1 ? forPlatform(distinct, options.platform) : distinct;
  if (only === undefined || more.length > 0) {
    const asked = options.digest ?? options.name;
    const what = asked === undefined ? "one image" : JSON.stringify(asked);
    const names = all.map((image) => image.annotations?.[REF_NAME] ?? image.digest);
    throw new BentoError(
      "BENTO_NOT_FOUND",
      `expected ${what} in the layout, got ${distinct.length}`,
      {
        where: layout.directory,
        hint: names.length === 0 ? "the layout is empty" : `it holds ${names.join(", ")}`,
      },
    );
  }
  return INDEX_TYPES.includes(only.mediaType) ? withinIndex(layout, only, options.platform) : only;
}

function forPlatform(
  images: readonly Descriptor[],
  platform: ImagePlatform | undefined,
): readonly Descriptor[] {
  return platform === undefined
    ? images
    : images.filter(
        (image) => `${image.platform?.os}/${image.platform?.architecture}` === platform,
      );
}

async function withinIndex(
  layout: ImageSource,
  descriptor: Descriptor,
  platform: ImagePlatform | undefined,
): Promise<Descriptor> {
  const where = `${layout.directory}@${descriptor.digest}`;
  const index = parseDocument(ImageIndex, await layout.readDocument(descriptor), where);
  return selectPlatform(index, platform ?? "linux/amd64", where);
}

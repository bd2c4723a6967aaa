/**
 * Puts an image of ours on another base: the base's layers are replaced by digest, our own stay, byte for byte. What
 * native code needs is checked against the new base.
 *
 * @module
 */
import { BentoError } from "../../core/bento-error.ts";
import { collect } from "../../oci/chunks.ts";
import { copyLayers } from "../../oci/copy-image.ts";
import type { DocumentMemo } from "../../oci/document-memo.ts";
import { gunzip } from "../../oci/gzip.ts";
import { type InspectedImage, inspectImage } from "../../oci/inspect-image.ts";
import type { LayerCache } from "../../oci/layer-cache.ts";
import type { ImageSource, OciLayout } from "../../oci/layout.ts";
import type { Descriptor } from "../../oci/manifest.ts";
import type { TarEntry } from "../../oci/tar-entry.ts";
import { readTar } from "../../oci/untar.ts";
import { baseFacts } from "../base/base-facts.ts";
import type { ResolvedBase } from "../base/resolve-base.ts";
import {
  checkCudaBase,
  checkNatives,
  isNativePath,
  type NativeFile,
  nativeFiles,
} from "./check-natives.ts";
import { type Containerized, finishImage } from "./finish-image.ts";
import { bentoInside, imageParts } from "./image-parts.ts";
import { NODE_LAYER, startConfig, variantOf } from "./start-config.ts";

export interface RebaseImageOptions {
  /** Has the image. */
  readonly source: ImageSource;
  readonly image: InspectedImage;
  /** For the image's platform. */
  readonly base: ResolvedBase;
  /** Where the image goes; may be the source. */
  readonly layout: OciLayout;
  /** Name in the layout's index. @default none */
  readonly name?: string | undefined;
  readonly cache?: LayerCache | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** onnxruntime takes 46 MB; what is longer is opened anew for each of its tables. */
const HELD_BYTES = 64 * 1024 * 1024;

/**
 * The same image as containerize makes of the bento over the new base.
 *
 * @throws BentoError BENTO_UNSUPPORTED when the new base lacks what native code needs, or the image is none of ours
 */
export async function rebaseImage(options: RebaseImageOptions): Promise<Containerized> {
  const { source, image, base, layout, cache, signal } = options;
  const { platform, layers, nodePath: ownNode } = imageParts(image);
  const hasOwnNode = layers.some(({ title }) => title === NODE_LAYER);
  const nodePath = hasOwnNode ? ownNode : base.nodePath;
  if (base.lacksNode === true && !hasOwnNode) {
    throw new BentoError("BENTO_UNSUPPORTED", "the base has no Node, and neither has the image", {
      where: base.manifestDigest,
      hint: "name a base with Node",
    });
  }
  const manifest = await bentoInside(source, image);
  const found = await inspectImage(base.layout, { digest: base.manifestDigest });
  const known = `${found.config.os}/${found.config.architecture}`;
  if (known !== platform) {
    throw new BentoError(
      "BENTO_UNSUPPORTED",
      `the base is for ${known}, the image for ${platform}`,
      {
        where: base.manifestDigest,
        hint: `name a base for ${platform}`,
      },
    );
  }
  const natives: NativeFile[] = [];
  for (const { descriptor } of layers) {
    natives.push(...(await nativesOf(source, descriptor, cache?.facts)));
  }
  const facts = await baseFacts(base.layout, found, cache?.facts);
  checkNatives(natives, platform, facts);
  const variant = variantOf(layers);
  checkCudaBase(variant, platform, facts);
  await copyLayers(base.layout, layout, found.manifest, { signal });
  const own = { ...image.manifest, layers: layers.map(({ descriptor }) => descriptor) };
  await copyLayers(source, layout, own, { signal });
  return finishImage({
    platform,
    base: { ...found, digest: base.manifestDigest },
    layers,
    start: startConfig(manifest, { nodePath, variant }),
    layout,
    name: options.name,
    plans: [],
    compressor: cache?.compressor,
  });
}

async function nativesOf(
  source: ImageSource,
  layer: Descriptor,
  memo: DocumentMemo | undefined,
): Promise<NativeFile[]> {
  const found: NativeFile[] = [];
  for await (const entry of readTar(gunzip(source.readBlob(layer)), { links: "rootfs" })) {
    if (entry.kind === "file" && isNativePath(entry.path)) {
      const { path, size } = entry;
      const content =
        size <= HELD_BYTES
          ? await collect(entry.content(), HELD_BYTES, path)
          : () => fileOf(source, layer, path);
      const file: TarEntry = { kind: "file", path, size, content };
      found.push(...(await nativeFiles([{ ...file, identity: layer.digest }], memo)));
    }
  }
  return found;
}

async function* fileOf(
  source: ImageSource,
  layer: Descriptor,
  path: string,
): AsyncGenerator<Uint8Array> {
  for await (const entry of readTar(gunzip(source.readBlob(layer)), { links: "rootfs" })) {
    if (entry.path === path) {
      yield* entry.content();
      return;
    }
  }
}

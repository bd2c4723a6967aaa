/**
 * The end of making an image, whatever its layers came from: its documents, the check by every platform's rules, and
 * its place in the layout's index.
 *
 * @module
 */
import { BentoError } from "../../core/bento-error.ts";
import type { Digest } from "../../core/digest.ts";
import { type Compressor, identifyCompressor } from "../../oci/compressor.ts";
import {
  type BaseImage,
  composeImage,
  type ImageDocuments,
  type ImageLayer,
  type StartConfig,
  writeImage,
} from "../../oci/image.ts";
import { type LayerInfo, layerInfo } from "../../oci/inspect-image.ts";
import type { OciLayout } from "../../oci/layout.ts";
import { lintImage } from "../../oci/lint.ts";
import { lintForPlatforms, type PlatformFinding } from "../../oci/lint-platforms.ts";
import type { ImageManifest, ImagePlatform } from "../../oci/manifest.ts";
import { archivePath } from "../../oci/tar-plan.ts";
import type { LayerPlan } from "./layer-plan.ts";

export interface Containerized {
  /** Of the image's manifest: the image is known by it everywhere. */
  readonly digest: Digest;
  readonly manifest: ImageManifest;
  /** Lowest first, the base's included. */
  readonly layers: readonly LayerInfo[];
  readonly platform: ImagePlatform;
  /** Of the image that it is built on. */
  readonly baseDigest: Digest;
  /**
   * Whether compressed layers have the digests that official releases of Node give them. Where it is false, only what
   * is in them (their diff_ids) is the same elsewhere.
   */
  readonly blobDigestReproducible: boolean;
  /** What some platforms would refuse or do badly; others take the image. */
  readonly findings: readonly PlatformFinding[];
}

export interface FinishImageOptions {
  readonly platform: ImagePlatform;
  readonly base: BaseImage & { readonly digest: Digest };
  /** Over the base's, lowest first; their blobs are in the layout. */
  readonly layers: readonly ImageLayer[];
  readonly start: StartConfig;
  readonly layout: OciLayout;
  /** Name in the layout's index. @default none */
  readonly name?: string | undefined;
  /** What was built now, whose paths are checked. */
  readonly plans: readonly LayerPlan[];
  /** @default this Node's */
  readonly compressor?: Compressor | undefined;
}

/** @throws BentoError BENTO_REFUSED when a platform would not take the image */
export async function finishImage(options: FinishImageOptions): Promise<Containerized> {
  const { platform, base, layers, start, layout, name, plans } = options;
  const built = composeImage({ platform, base, layers, start });
  assertDeployable(built, plans);
  await writeImage(layout, built, name);
  return {
    digest: built.descriptor.digest,
    manifest: built.manifest,
    layers: built.manifest.layers.map(layerInfo),
    platform,
    baseDigest: base.digest,
    blobDigestReproducible: (options.compressor ?? identifyCompressor()).isReference,
    findings: lintForPlatforms({ mediaType: built.descriptor.mediaType, ...built }),
  };
}

/** The last check before the image gets its place in the index. */
function assertDeployable(image: ImageDocuments, plans: readonly LayerPlan[]): void {
  const layerPaths = plans.map(({ entries }) =>
    entries.map((entry) => archivePath(entry).toString()),
  );
  const findings = lintImage({ mediaType: image.descriptor.mediaType, ...image, layerPaths });
  if (findings.length > 0) {
    const lines = findings.map(({ rule, message }) => `${rule}: ${message}`);
    throw new BentoError("BENTO_REFUSED", lines.join("\n"), {
      where: "image",
      hint: "use a base image whose layers are gzip and whose config names each of them",
    });
  }
}

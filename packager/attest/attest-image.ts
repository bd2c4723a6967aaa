/**
 * Tells what an image is made of and how it came to be, and attaches both to it. The image itself stays as it is, so
 * that its digest depends on content alone.
 *
 * @module
 */
import type { BentoManifest } from "../../core/bento-manifest.ts";
import type { Digest } from "../../core/digest.ts";
import type { AttachmentStore } from "../../oci/attest/attachment.ts";
import { attachDocuments } from "../../oci/attest/image-documents.ts";
import { layoutAttachments } from "../../oci/attest/layout-attachments.ts";
import { writeSbom } from "../../oci/attest/sbom.ts";
import { identifyCompressor } from "../../oci/compressor.ts";
import type { DocumentMemo } from "../../oci/document-memo.ts";
import { inspectImage, layerInfo } from "../../oci/inspect-image.ts";
import type { OciLayout } from "../../oci/layout.ts";
import type { Descriptor } from "../../oci/manifest.ts";
import { ownVersion } from "../own-package.ts";
import { type BuildFacts, buildProvenance } from "./build-provenance.ts";
import { readBundledPackages } from "./bundled-packages.ts";
import { imageComponents } from "./image-components.ts";
import { type LayerContents, layerContents } from "./layer-contents.ts";

export interface AttestImageOptions {
  /** Has the image and its blobs. */
  readonly layout: OciLayout;
  /** Of the image's manifest. */
  readonly digest: Digest;
  /** Directory of the bento that is in the image. */
  readonly bentoDirectory: string;
  /** What its bento.yaml says. */
  readonly manifest: BentoManifest;
  readonly build: Omit<BuildFacts, "toolVersion" | "nodeVersion" | "compressor">;
  /** Keeps what was found in layers. @default none: layers are read each time */
  readonly facts?: DocumentMemo | undefined;
  /** Where the documents are attached. @default the layout */
  readonly store?: AttachmentStore | undefined;
}

/**
 * @returns the image, as its attachments name it
 * @throws BentoError BENTO_INTEGRITY when a layer or a file of the bento is damaged
 */
export async function attestImage(options: AttestImageOptions): Promise<Descriptor> {
  const { layout, digest, manifest, build } = options;
  const image = await inspectImage(layout, { digest });
  const toolVersion = await ownVersion();
  const sbom = await writeSbom(
    imageComponents({
      digest,
      architecture: image.config.architecture,
      manifest,
      bundled: await readBundledPackages(options.bentoDirectory, manifest),
      contents: await foreignContents(options, image.manifest.layers),
      base: build.base,
      toolVersion,
    }),
  );
  const provenance = buildProvenance(manifest, {
    ...build,
    toolVersion,
    nodeVersion: process.versions.node,
    compressor: identifyCompressor().id,
  });
  const store = options.store ?? layoutAttachments(layout);
  await attachDocuments(store, image.descriptor, { sbom, provenance });
  return image.descriptor;
}

/** Of all layers but those whose content the bento's manifest tells. */
async function foreignContents(
  { layout, facts }: AttestImageOptions,
  layers: readonly Descriptor[],
): Promise<LayerContents[]> {
  const contents: LayerContents[] = [];
  for (const layer of layers) {
    const { title } = layerInfo(layer);
    if (title !== "app" && !title.startsWith("model ")) {
      contents.push(await layerContents(layout, layer, facts));
    }
  }
  return contents;
}

/**
 * A tiny image in a layout, with what is needed to attach, sign and verify.
 *
 * @module
 */
import type { Digest } from "../../../core/digest.ts";
import { attachDocuments } from "../../../oci/attest/image-documents.ts";
import { layoutAttachments } from "../../../oci/attest/layout-attachments.ts";
import type { Provenance } from "../../../oci/attest/provenance.ts";
import { type SbomContent, writeSbom } from "../../../oci/attest/sbom.ts";
import type { VerifyImageOptions } from "../../../oci/attest/verify-image.ts";
import { composeImage, writeImage } from "../../../oci/image.ts";
import { inspectImage } from "../../../oci/inspect-image.ts";
import { buildLayer } from "../../../oci/layer.ts";
import { createLayout, type OciLayout } from "../../../oci/layout.ts";
import { tarFile } from "../../../oci/tar-entry.ts";

const BENTO: Digest = `sha256:${"b".repeat(64)}`;

export interface SampleImage extends VerifyImageOptions {
  readonly layout: OciLayout;
  readonly digest: Digest;
}

/** @param text - in its only layer; another text gives another image */
export async function sampleImage(directory: string, text = "hello"): Promise<SampleImage> {
  const layout = await createLayout(directory);
  const layer = await buildLayer({
    entries: [tarFile("app.txt", text)],
    compression: "gzip",
    sink: layout,
  });
  const made = composeImage({
    platform: "linux/amd64",
    layers: [{ title: "app", ...layer }],
    start: {
      entrypoint: ["/app"],
      workingDirectory: "/",
      user: "65532:65532",
      env: {},
      labels: { "org.bentokit.digest": BENTO },
      ports: [],
    },
  });
  await writeImage(layout, made, text);
  const image = await inspectImage(layout, { digest: made.descriptor.digest });
  return {
    layout,
    image,
    digest: image.descriptor.digest,
    store: layoutAttachments(layout),
    readBlob: (blob) => layout.readBlob(blob),
  };
}

export const sampleProvenance: Provenance = {
  buildDefinition: {
    buildType: "urn:test",
    externalParameters: { bento: "iris:v1" },
    resolvedDependencies: [{ uri: "bento:iris:v1", digest: { sha256: "b".repeat(64) } }],
  },
  runDetails: { builder: { id: "urn:builder" }, metadata: { finishedOn: "2026-01-02T03:04:05Z" } },
};

/** What an SBOM says of an image with one package. */
export function sampleContent(digest: Digest): SbomContent {
  return {
    subject: { kind: "container", id: "image", name: "iris", version: "v1", digest },
    tool: { name: "bentokit", version: "1.2.3" },
    components: [
      { kind: "library", id: "hono", name: "hono", version: "4.0.0", purl: "pkg:npm/hono@4.0.0" },
    ],
  };
}

/** Attaches an SBOM and a provenance as containerize does. */
export async function document(image: SampleImage): Promise<void> {
  await attachDocuments(image.store, image.image.descriptor, {
    sbom: await writeSbom(sampleContent(image.digest)),
    provenance: sampleProvenance,
  });
}

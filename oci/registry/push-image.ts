/**
 * Pushes an image of a layout to a registry: blobs first, several at once and the biggest first, then the manifest by its
 * digest, its tag last of all. Whatever stops it leaves no half image visible, and the next push sends what is missing.
 *
 * @module
 */
import { BentoError } from "../../core/bento-error.ts";
import type { Digest } from "../../core/digest.ts";
import { formatImageRef, type ImageRef } from "../../core/image-ref.ts";
import { type OnProgress, silent } from "../../core/progress.ts";
import { runStep } from "../../core/run-step.ts";
import { formatBytes } from "../../core/units.ts";
import { collect } from "../chunks.ts";
import { layerInfo } from "../inspect-image.ts";
import { DOCUMENT_LIMIT_BYTES, type ImageSource } from "../layout.ts";
import { type Descriptor, ImageManifest, parseDocument } from "../manifest.ts";
import { createRegistryClient, type RegistryClient } from "./client.ts";
import { eachBlob } from "./each-blob.ts";
import { parseJson } from "./remote-source.ts";
import type { RegistryOptions } from "./session.ts";
import type { UploadOutcome } from "./upload-blob.ts";

export interface PushImageOptions extends RegistryOptions {
  /** Has the image and its blobs: a layout, or another registry. */
  readonly source: ImageSource;
  /** Manifest of the image. */
  readonly image: Descriptor;
  /** Where it goes; its tag is one of the tags. */
  readonly reference: ImageRef;
  /** Further tags. @default none: without any tag the image is kept by its digest alone */
  readonly tags?: readonly string[] | undefined;
  /** Repositories of the same registry that may have a layer already. @default none */
  readonly mountFrom?: ((layer: Descriptor) => readonly string[]) | undefined;
  /** Called when the image is there by its digest, before a tag leads to it. @default nothing */
  readonly beforeTags?: (() => Promise<void>) | undefined;
  readonly onProgress?: OnProgress | undefined;
}

export interface PushedImage {
  readonly digest: Digest;
  /** Without the tag, with the digest: what deploys name. */
  readonly reference: string;
  /** Bytes of blobs that were sent; manifests are not counted. */
  readonly uploadedBytes: number;
  /** How many blobs came in each way. */
  readonly blobs: Readonly<Record<UploadOutcome, number>>;
}

/** Several connections fill a line better; more only take turns. */
const PARALLEL_UPLOADS = 4;

/**
 * @throws BentoError as uploadBlob does; BENTO_INTEGRITY when a blob of the layout is damaged or the registry keeps
 * something else; BENTO_INVALID_INPUT when the reference names another digest
 */
export async function pushImage(options: PushImageOptions): Promise<PushedImage> {
  const { source, image, reference, onProgress = silent } = options;
  checkReference(options);
  const where = `${source.directory}@${image.digest}`;
  const bytes = await collect(source.readBlob(image), DOCUMENT_LIMIT_BYTES, where);
  const manifest = parseDocument(ImageManifest, parseJson(bytes, where), where);
  const client = createRegistryClient(reference, { ...options, access: "push" });
  const blobs = await pushBlobs(client, manifest, options);
  await runStep(onProgress, { step: "push manifest" }, () =>
    putManifest(client, { mediaType: image.mediaType, bytes }, options),
  );
  const { registry, repository } = reference;
  return {
    digest: image.digest,
    reference: formatImageRef({ registry, repository, digest: image.digest }),
    ...blobs,
  };
}

async function pushBlobs(
  client: RegistryClient,
  manifest: ImageManifest,
  options: PushImageOptions,
): Promise<Pick<PushedImage, "blobs" | "uploadedBytes">> {
  const distinct = new Map(
    [...manifest.layers, manifest.config].map((blob) => [blob.digest, blob]),
  );
  const biggestFirst = [...distinct.values()].sort((a, b) => b.size - a.size);
  const blobs = { exists: 0, mounted: 0, uploaded: 0 };
  let uploadedBytes = 0;
  await eachBlob(biggestFirst, PARALLEL_UPLOADS, async (blob) => {
    const outcome = await pushBlob(client, { blob, manifest }, options);
    blobs[outcome] += 1;
    uploadedBytes += outcome === "uploaded" ? blob.size : 0;
  });
  return { blobs, uploadedBytes };
}

interface BlobOfImage {
  readonly blob: Descriptor;
  readonly manifest: ImageManifest;
}

async function pushBlob(
  client: RegistryClient,
  { blob, manifest }: BlobOfImage,
  { source, mountFrom = () => [], onProgress = silent }: PushImageOptions,
): Promise<UploadOutcome> {
  const isConfig = blob.digest === manifest.config.digest;
  const step = `push ${isConfig ? "config" : `layer ${layerInfo(blob).title}`}`;
  const detail = (outcome: UploadOutcome) =>
    outcome === "uploaded" ? formatBytes(blob.size) : outcome;
  return await runStep(onProgress, { step, detail }, () =>
    client.blobs.put(
      { digest: blob.digest, size: blob.size, open: () => source.readBlob(blob) },
      {
        mountFrom: isConfig ? [] : mountFrom(blob),
        onSent: (doneBytes) =>
          onProgress({ kind: "step-progress", step, doneBytes, totalBytes: blob.size }),
      },
    ),
  );
}

interface ManifestBytes {
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

/** The manifest is there, whole and under its digest, before a tag leads to it. */
async function putManifest(
  { manifests }: RegistryClient,
  document: ManifestBytes,
  { image, reference, tags = [], beforeTags }: PushImageOptions,
): Promise<void> {
  if ((await manifests.head(image.digest)) === undefined) {
    await manifests.put(image.digest, document);
    if ((await manifests.head(image.digest)) === undefined) {
      throw new BentoError("BENTO_INTEGRITY", "the registry took the manifest and has it not", {
        where: formatImageRef(reference),
        hint: "push again; when it repeats, the registry is broken",
      });
    }
  }
  await beforeTags?.();
  const wanted = reference.tag === undefined ? tags : [reference.tag, ...tags];
  for (const tag of new Set(wanted)) {
    if ((await manifests.head(tag))?.digest !== image.digest) {
      await manifests.put(tag, document);
    }
  }
}

function checkReference({ image, reference }: PushImageOptions): void {
  if (reference.digest !== undefined && reference.digest !== image.digest) {
    throw new BentoError("BENTO_INVALID_INPUT", `the image is ${image.digest}`, {
      where: formatImageRef(reference),
      hint: "leave the digest out of the name, or push the image that has it",
    });
  }
}

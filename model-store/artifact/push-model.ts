/**
 * Pushes a model of a store to a registry. The layer is hashed first and streamed after, so that nothing is written to
 * disk and a try that fails is repeated from the store; what the registry has does not travel.
 *
 * @module
 */
import { createHash } from "node:crypto";
import * as z from "zod";
import { BentoError } from "../../core/bento-error.ts";
import { canonicalJson } from "../../core/canonical-json.ts";
import { Digest, digestOf } from "../../core/digest.ts";
import { formatImageRef, type ImageRef } from "../../core/image-ref.ts";
import type { ModelManifest } from "../../core/model-manifest.ts";
import { type OnProgress, silent } from "../../core/progress.ts";
import { runStep } from "../../core/run-step.ts";
import { type ExactTag, formatTag, type Tag } from "../../core/tag.ts";
import { formatBytes } from "../../core/units.ts";
import { streamOf } from "../../oci/chunks.ts";
import { identifyCompressor } from "../../oci/compressor.ts";
import type { DocumentMemo } from "../../oci/document-memo.ts";
import { gzip } from "../../oci/gzip.ts";
import { type BuiltLayer, buildLayer } from "../../oci/layer.ts";
import { layerKey } from "../../oci/layer-cache.ts";
import type { BlobSink } from "../../oci/layout.ts";
import { Descriptor, parseDocument } from "../../oci/manifest.ts";
import { OCI_MANIFEST } from "../../oci/media-type.ts";
import { createRegistryClient, type RegistryClient } from "../../oci/registry/client.ts";
import type { RegistryOptions } from "../../oci/registry/session.ts";
import type { UploadOutcome } from "../../oci/registry/upload-blob.ts";
import { writeTar } from "../../oci/tar.ts";
import type { TarEntry } from "../../oci/tar-entry.ts";
import { openBlob } from "../blobs.ts";
import { SHELVES, type Store } from "../store.ts";
import { ModelArtifact, modelArtifact, modelConfig, modelReference } from "./model-artifact.ts";
import { modelLayerEntries, modelLayerTitle } from "./model-layer.ts";

export interface PushModelOptions extends RegistryOptions {
  /** `oci://HOST/PREFIX` */
  readonly to: string;
  /** Remembers what layers come out as, so that a model is hashed once. @default none */
  readonly facts?: DocumentMemo | undefined;
  readonly onProgress?: OnProgress | undefined;
}

export interface PushedModel {
  readonly tag: ExactTag;
  /** With the artifact's digest. */
  readonly reference: string;
  readonly digest: Digest;
  /** "exists" when the registry had the model. */
  readonly state: "created" | "exists";
  /** How the layer came there. */
  readonly layer: UploadOutcome;
  readonly uploadedBytes: number;
}

/**
 * @throws BentoError BENTO_CONFLICT when the registry has another model under that version; others as uploadBlob and
 * the store do
 */
export async function pushModel(
  store: Store,
  tag: Tag,
  options: PushModelOptions,
): Promise<PushedModel> {
  const { to, onProgress = silent, signal } = options;
  const { manifest: model, registeredAt } = await store.models.get(tag, {
    allowPrefix: true,
    signal,
  });
  const reference = modelReference(to, model);
  const client = createRegistryClient(reference, { ...options, access: "push" });
  const there = await existing(client, reference, model);
  if (there !== undefined) {
    const state = "exists";
    return { ...described(reference, model, there), state, layer: "exists", uploadedBytes: 0 };
  }
  const entries = layerEntries(store, model, signal);
  const step = `hash ${modelLayerTitle(model)}`;
  const layer = await runStep(onProgress, { step }, () => measuredLayer(entries, options));
  const pushed = await pushLayer(client, { entries, layer, model }, options);
  const config = modelConfig(model);
  await client.blobs.put({ ...config, open: () => streamOf(Buffer.from(canonicalJson(model))) });
  const artifact = modelArtifact({ model, registeredAt, layer });
  const document = { mediaType: OCI_MANIFEST, bytes: Buffer.from(canonicalJson(artifact)) };
  const { descriptor } = await client.manifests.put(model.version, document);
  return { ...described(reference, model, descriptor.digest), state: "created", ...pushed };
}

/** The digest of the artifact when the registry has this model; another one under its version is a conflict. */
async function existing(
  { manifests }: RegistryClient,
  reference: ImageRef,
  model: ModelManifest,
): Promise<Digest | undefined> {
  if ((await manifests.head(model.version)) === undefined) {
    return undefined;
  }
  const where = formatImageRef(reference);
  const { bytes, descriptor } = await manifests.get(model.version);
  const artifact = parseDocument(ModelArtifact, JSON.parse(bytes.toString("utf8")), where);
  if (artifact.config.digest !== modelConfig(model).digest) {
    throw new BentoError("BENTO_CONFLICT", `another model is there as ${formatTag(model)}`, {
      where,
      hint: "push it under another version, or to another place",
    });
  }
  return descriptor.digest;
}

function layerEntries(
  store: Store,
  model: ModelManifest,
  signal: AbortSignal | undefined,
): TarEntry[] {
  const { driver } = store[SHELVES].models;
  return modelLayerEntries(model, async function* open(file) {
    yield* await openBlob(driver, file, { signal });
  });
}

const MeasuredLayer = z.strictObject({
  descriptor: Descriptor,
  diffId: Digest,
  uncompressedBytes: z.int().min(0),
});

/** What the layer will be, from memory where it was measured before. */
async function measuredLayer(
  entries: readonly TarEntry[],
  { facts, signal }: PushModelOptions,
): Promise<BuiltLayer> {
  const content = layerKey(entries, "stored", identifyCompressor());
  const measure = () => measureLayer(entries, signal);
  return content === undefined || facts === undefined
    ? await measure()
    : await facts.remember(digestOf(`measured ${content}`), MeasuredLayer, measure);
}

/** What the layer will be, without keeping it. */
async function measureLayer(
  entries: readonly TarEntry[],
  signal: AbortSignal | undefined,
): Promise<BuiltLayer> {
  const sink: BlobSink = {
    async writeBlob(source) {
      const hash = createHash("sha256");
      let size = 0;
      for await (const chunk of source) {
        hash.update(chunk);
        size += chunk.length;
      }
      return { digest: `sha256:${hash.digest("hex")}`, size };
    },
  };
  return await buildLayer({ entries, compression: "stored", sink, signal });
}

interface LayerToPush {
  readonly entries: readonly TarEntry[];
  readonly layer: BuiltLayer;
  readonly model: ModelManifest;
}

async function pushLayer(
  client: RegistryClient,
  { entries, layer, model }: LayerToPush,
  { onProgress = silent, signal }: PushModelOptions,
): Promise<Pick<PushedModel, "layer" | "uploadedBytes">> {
  const { digest, size } = layer.descriptor;
  const step = `push ${modelLayerTitle(model)}`;
  const detail = (outcome: UploadOutcome) => (outcome === "uploaded" ? formatBytes(size) : outcome);
  const outcome = await runStep(onProgress, { step, detail }, () =>
    client.blobs.put(
      { digest, size, open: () => gzip(writeTar(entries, { signal }), "stored") },
      {
        onSent: (doneBytes) =>
          onProgress({ kind: "step-progress", step, doneBytes, totalBytes: size }),
      },
    ),
  );
  return { layer: outcome, uploadedBytes: outcome === "uploaded" ? size : 0 };
}

function described(
  { registry, repository }: ImageRef,
  { name, version }: ModelManifest,
  digest: Digest,
): Pick<PushedModel, "tag" | "reference" | "digest"> {
  const reference = formatImageRef({ registry, repository, digest });
  return { tag: { name, version }, reference, digest };
}

/**
 * Brings a model from a registry into a store. Its files are unpacked into a store of their own first, where each is
 * checked against the model's manifest, and copied from there, so that a broken artifact never touches the store.
 *
 * @module
 */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { BentoError } from "../../core/bento-error.ts";
import { formatImageRef } from "../../core/image-ref.ts";
import { ModelManifest, modelDigest } from "../../core/model-manifest.ts";
import { type OnProgress, silent } from "../../core/progress.ts";
import { runStep } from "../../core/run-step.ts";
import { type ExactTag, formatTag } from "../../core/tag.ts";
import { formatBytes } from "../../core/units.ts";
import type { ByteStream } from "../../oci/chunks.ts";
import { gunzip } from "../../oci/gzip.ts";
import { parseDocument } from "../../oci/manifest.ts";
import { createRegistryClient, type RegistryClient } from "../../oci/registry/client.ts";
import { retrying } from "../../oci/registry/retry.ts";
import type { RegistryOptions } from "../../oci/registry/session.ts";
import { readTar } from "../../oci/untar.ts";
import { putBlob } from "../blobs.ts";
import type { CopiedVersion } from "../copy-version.ts";
import { blobKey } from "../keys.ts";
import { openStore } from "../open-store.ts";
import { findVersion, registerVersion, type Shelf } from "../shelf.ts";
import { SHELVES, type Store } from "../store.ts";
import { ModelArtifact, modelReference, registeredAtOf } from "./model-artifact.ts";
import { modelLayerEntries } from "./model-layer.ts";

export interface PullModelOptions extends RegistryOptions {
  /** `oci://HOST/PREFIX` */
  readonly from: string;
  /** For what is unpacked meanwhile; made when absent. */
  readonly workDirectory: string;
  readonly onProgress?: OnProgress | undefined;
}

/**
 * @param tag - as it was pushed
 * @throws BentoError BENTO_NOT_FOUND when it is not there; BENTO_INTEGRITY when its bytes are not what it says;
 * BENTO_CONFLICT when the store has the version with other content
 */
export async function pullModel(
  store: Store,
  tag: ExactTag,
  options: PullModelOptions,
): Promise<CopiedVersion> {
  const { from, workDirectory, onProgress = silent, signal } = options;
  const reference = modelReference(from, tag);
  const where = formatImageRef(reference);
  const client = createRegistryClient(reference, options);
  const { bytes } = await client.manifests.get(tag.version);
  const artifact = parseDocument(ModelArtifact, parseJson(bytes, where), where);
  const model = await readModel(client, artifact, { tag, where });
  if (await isThere(store[SHELVES].models, model, options)) {
    const presentBytes = model.files.reduce((total, { size }) => total + size, 0);
    return { tag, state: "exists", sentBytes: 0, presentBytes };
  }
  await mkdir(workDirectory, { recursive: true });
  const home = await mkdtemp(join(workDirectory, "pull-"));
  try {
    await using unpacked = await openStore({ home });
    const { models } = unpacked[SHELVES];
    const size = artifact.layers[0]?.size ?? 0;
    const step = { step: `pull model ${formatTag(tag)}`, detail: () => formatBytes(size) };
    await runStep(onProgress, step, () =>
      retrying(options, () => unpackLayer(client, { artifact, model, shelf: models, where })),
    );
    await registerVersion(models, model, { registeredAt: registeredAtOf(artifact), signal });
    return await unpacked.copyModelTo(store, tag, { onProgress, signal });
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

/** Whether the store has the same model with all of its files. */
async function isThere(
  shelf: Shelf<ModelManifest>,
  model: ModelManifest,
  { signal }: PullModelOptions,
): Promise<boolean> {
  const stored = await findVersion(shelf, model, { signal });
  if (stored?.digest !== modelDigest(model)) {
    return false;
  }
  const sizes = await Promise.all(
    model.files.map(
      async ({ digest }) => (await shelf.driver.head(blobKey(digest), { signal }))?.size,
    ),
  );
  return model.files.every(({ size }, index) => sizes[index] === size);
}

interface Asked {
  readonly tag: ExactTag;
  readonly where: string;
}

async function readModel(
  client: RegistryClient,
  artifact: ModelArtifact,
  { tag, where }: Asked,
): Promise<ModelManifest> {
  const bytes = await client.blobs.read(artifact.config);
  const model = parseDocument(ModelManifest, parseJson(bytes, where), where);
  if (formatTag(model) !== formatTag(tag)) {
    throw new BentoError("BENTO_INTEGRITY", `the artifact holds ${formatTag(model)}`, {
      where,
      hint: "it was stored under a wrong name; push the model again",
    });
  }
  return model;
}

interface LayerToUnpack {
  readonly artifact: ModelArtifact;
  readonly model: ModelManifest;
  readonly shelf: Shelf<ModelManifest>;
  readonly where: string;
}

/** Keeps each file of the layer that the model names; others are passed over. */
async function unpackLayer(
  client: RegistryClient,
  { artifact, model, shelf, where }: LayerToUnpack,
): Promise<void> {
  const paths = modelLayerEntries(model, nothing).map(({ path }) => path);
  const missing = new Map(paths.map((path, index) => [path, model.files[index]]));
  for (const layer of artifact.layers) {
    for await (const entry of readTar(gunzip(client.blobs.get(layer)))) {
      const file = missing.get(entry.path);
      if (file !== undefined && entry.kind === "file") {
        const source = { digest: file.digest, size: file.size, open: () => entry.content() };
        await putBlob(shelf.driver, source, { step: file.path });
        missing.delete(entry.path);
      }
    }
  }
  const [absent] = missing.keys();
  if (absent !== undefined) {
    throw new BentoError("BENTO_INTEGRITY", `the layer lacks ${absent}`, {
      where,
      hint: "push the model again",
    });
  }
}

async function* nothing(): ByteStream & AsyncGenerator<Uint8Array> {}

function parseJson(bytes: Buffer, where: string): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch (error) {
    throw new BentoError("BENTO_INTEGRITY", "not a JSON document", { where, cause: error });
  }
}

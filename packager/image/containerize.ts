/**
 * A bento becomes an image: layers over a base, ordered by how seldom they change, so that a new version of the code
 * moves kilobytes. The same bento, base and onnxruntime give the same digest on every machine.
 *
 * @module
 */
import { BentoError } from "../../core/bento-error.ts";
import {
  type BentoManifest,
  type BentoModel,
  bentoDigest,
  bentoModelFolder,
} from "../../core/bento-manifest.ts";
import type { Digest } from "../../core/digest.ts";
import { type OnProgress, silent } from "../../core/progress.ts";
import { runStep } from "../../core/run-step.ts";
import { formatBytes } from "../../core/units.ts";
import { APP_FOLDER, modelLayerTitle } from "../../model-store/artifact/model-layer.ts";
import { identifyCompressor } from "../../oci/compressor.ts";
import { copyLayers } from "../../oci/copy-image.ts";
import type { Compression } from "../../oci/gzip.ts";
import {
  composeImage,
  type ImageDocuments,
  type ImageLayer,
  type StartConfig,
  writeImage,
} from "../../oci/image.ts";
import {
  type InspectedImage,
  inspectImage,
  type LayerInfo,
  layerInfo,
} from "../../oci/inspect-image.ts";
import { buildLayer } from "../../oci/layer.ts";
import type { CachedLayer, LayerCache } from "../../oci/layer-cache.ts";
import type { OciLayout } from "../../oci/layout.ts";
import { lintImage } from "../../oci/lint.ts";
import type { ImageManifest, ImagePlatform } from "../../oci/manifest.ts";
import type { TarEntry } from "../../oci/tar-entry.ts";
import { archivePath, planTar } from "../../oci/tar-plan.ts";
import { baseFacts } from "../base/base-facts.ts";
import type { ResolvedBase } from "../base/resolve-base.ts";
import { appEntries, modelEntries } from "./bento-entries.ts";
import { checkNatives, nativeFiles } from "./check-natives.ts";
import { nativeEntries } from "./native-entries.ts";

export interface ContainerizeOptions {
  /** Directory of the built bento. */
  readonly bentoDirectory: string;
  /** What its bento.yaml says. */
  readonly manifest: BentoManifest;
  /** From resolveBase or buildBase. */
  readonly base: ResolvedBase;
  readonly platform: ImagePlatform;
  /** Directory of an installed onnxruntime-node of the version that the bento names. */
  readonly onnxruntimeDirectory: string;
  /** Where the image goes. */
  readonly layout: OciLayout;
  /**
   * Name in the layout's index.
   *
   * @default none
   */
  readonly name?: string | undefined;
  /**
   * Layers that were built before.
   *
   * @default none: each layer is built
   */
  readonly cache?: LayerCache | undefined;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal | undefined;
}

export interface Containerized {
  /** Of the image's manifest: the image is known by it everywhere. */
  readonly digest: Digest;
  readonly manifest: ImageManifest;
  /** Lowest first, the base's included. */
  readonly layers: readonly LayerInfo[];
  readonly platform: ImagePlatform;
  /**
   * Whether compressed layers have the digests that official releases of Node give them. Where it is false, only what
   * is in them (their diff_ids) is the same elsewhere.
   */
  readonly blobDigestReproducible: boolean;
}

/** A layer before it is built. */
interface LayerPlan {
  readonly title: string;
  readonly compression: Compression;
  readonly entries: readonly TarEntry[];
}

/**
 * Builds the image and enters it into the layout.
 *
 * @throws BentoError BENTO_INTEGRITY when a file of the bento is not what its manifest says; BENTO_IO when it cannot be
 * read; BENTO_UNSUPPORTED without natives for the platform, or where the base lacks what they need; BENTO_REFUSED when a platform would not take the image
 */
export async function containerize(options: ContainerizeOptions): Promise<Containerized> {
  const { base, layout, onProgress = silent, signal } = options;
  const image = await inspectImage(base.layout, { digest: base.manifestDigest });
  const plans = await planLayers(options);
  await checkLayers(options, image, plans);
  await runStep(onProgress, { step: "copy base" }, () =>
    copyLayers(base.layout, layout, image.manifest, { signal }),
  );
  const layers: ImageLayer[] = [];
  for (const { title, ...plan } of plans) {
    const { isCached: _, ...built } = await runStep(
      onProgress,
      { step: `build layer ${title}`, detail: showLayer },
      () => buildOrTake(options, plan),
    );
    layers.push({ title, ...built });
  }
  const { platform, cache } = options;
  const built = composeImage({ platform, base: image, layers, start: startConfig(options) });
  assertDeployable(built, plans);
  await writeImage(layout, built, options.name);
  return {
    digest: built.descriptor.digest,
    manifest: built.manifest,
    layers: built.manifest.layers.map(layerInfo),
    platform,
    blobDigestReproducible: (cache?.compressor ?? identifyCompressor()).isReference,
  };
}

/** Native code wherever it is: of onnxruntime, or among the files that the user includes. */
async function checkLayers(
  { base, cache, platform }: ContainerizeOptions,
  image: InspectedImage,
  plans: readonly LayerPlan[],
): Promise<void> {
  const files = await nativeFiles(
    plans.flatMap(({ entries }) => entries),
    cache?.facts,
  );
  if (files.length > 0) {
    checkNatives(files, platform, await baseFacts(base.layout, image, cache?.facts));
  }
}

async function buildOrTake(
  { cache, layout, signal }: ContainerizeOptions,
  plan: Omit<LayerPlan, "title">,
): Promise<CachedLayer> {
  return cache === undefined
    ? { ...(await buildLayer({ ...plan, sink: layout, signal })), isCached: false }
    : await cache.build({ ...plan, sink: layout, signal });
}

function showLayer({ descriptor, isCached }: CachedLayer): string {
  return `${formatBytes(descriptor.size)}${isCached ? ", unchanged" : ""}`;
}

async function planLayers(options: ContainerizeOptions): Promise<LayerPlan[]> {
  const { bentoDirectory, manifest } = options;
  const natives = await nativeEntries(options.onnxruntimeDirectory, options.platform);
  const models = distinctModels(manifest).map(
    (model): LayerPlan => ({
      title: modelLayerTitle(model),
      compression: "stored",
      entries: planTar(modelEntries(bentoDirectory, model)),
    }),
  );
  const app = await appEntries(bentoDirectory, manifest);
  return [
    { title: "natives", compression: "gzip", entries: planTar(natives) },
    ...models,
    { title: "app", compression: "gzip", entries: planTar(app) },
  ];
}

/** A model that a service uses under two names is packed once. */
function distinctModels(manifest: BentoManifest): BentoModel[] {
  const byFolder = new Map(manifest.models.map((model) => [bentoModelFolder(model), model]));
  return [...byFolder].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, model]) => model);
}

/** Port that the server listens on when a platform does not say. */
const PORT = 3000;

function startConfig({ base, manifest }: ContainerizeOptions): StartConfig {
  return {
    entrypoint: [base.nodePath, `/${APP_FOLDER}/src/main.js`],
    workingDirectory: `/${APP_FOLDER}`,
    user: "65532:65532",
    env: {
      // The only place that may be written on a read-only root.
      HOME: "/tmp",
      NODE_ENV: "production",
      // onnxruntime 1.29 and later report to their vendor otherwise.
      ORT_DISABLE_TELEMETRY: "1",
      PORT: String(PORT),
      ...manifest.docker.env,
    },
    labels: {
      "org.bentokit.bento": manifest.name,
      "org.bentokit.digest": bentoDigest(manifest),
      "org.bentokit.version": manifest.version,
      "org.opencontainers.image.title": manifest.name,
      "org.opencontainers.image.version": manifest.version,
    },
    ports: [PORT],
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

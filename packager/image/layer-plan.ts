/**
 * The layers of a bento's image before they are built, ordered by how seldom they change: native code, the handler, a
 * layer for each model version, the app.
 *
 * @module
 */
import {
  type BentoManifest,
  type BentoModel,
  bentoModelFolder,
} from "../../core/bento-manifest.ts";
import { type OnProgress, silent } from "../../core/progress.ts";
import { runStep } from "../../core/run-step.ts";
import { formatBytes } from "../../core/units.ts";
import { modelLayerTitle } from "../../model-store/artifact/model-layer.ts";
import { diskFile } from "../../oci/directory-entries.ts";
import type { Compression } from "../../oci/gzip.ts";
import type { ImageLayer } from "../../oci/image.ts";
import { buildLayer } from "../../oci/layer.ts";
import type { CachedLayer, LayerCache } from "../../oci/layer-cache.ts";
import type { OciLayout } from "../../oci/layout.ts";
import type { ImagePlatform } from "../../oci/manifest.ts";
import type { TarEntry } from "../../oci/tar-entry.ts";
import { planTar } from "../../oci/tar-plan.ts";
import type { CudaProviders } from "../native/cuda-providers.ts";
import { appEntries, modelEntries, runtimeEntries } from "./bento-entries.ts";
import { binariesFolder, nativeEntries } from "./native-entries.ts";
import { CUDA_LAYER, NATIVES_LAYER, NODE_LAYER, RUNTIME_LAYER } from "./start-config.ts";

export interface LayerPlan {
  /** What is in it; unique among an image's own layers. */
  readonly title: string;
  readonly compression: Compression;
  /** In the order of the archive, parents included. */
  readonly entries: readonly TarEntry[];
}

/** Of onnxruntime's native code for the platform. */
export async function nativePlan(
  onnxruntimeDirectory: string,
  platform: ImagePlatform,
): Promise<LayerPlan> {
  const entries = await nativeEntries(onnxruntimeDirectory, platform);
  return { title: NATIVES_LAYER, compression: "gzip", entries: planTar(entries) };
}

/** Of onnxruntime's CUDA libraries, which it looks for beside its own. */
export async function cudaPlan({ files }: CudaProviders): Promise<LayerPlan> {
  const entries = await Promise.all(
    Object.entries(files).map(([name, path]) =>
      diskFile(path, `${binariesFolder("linux/amd64")}/${name}`),
    ),
  );
  return { title: CUDA_LAYER, compression: "gzip", entries: planTar(entries) };
}

/** Of Node, for a base that has none. */
export async function nodePlan(binary: string, nodePath: string): Promise<LayerPlan> {
  const entry = await diskFile(binary, nodePath.slice(1), { executable: true });
  return { title: NODE_LAYER, compression: "gzip", entries: planTar([entry]) };
}

/** Of the handler where it is in files of its own, of the models by name and version, and of the app. */
export async function bentoPlans(
  bentoDirectory: string,
  manifest: BentoManifest,
): Promise<LayerPlan[]> {
  const models = distinctModels(manifest).map(
    (model): LayerPlan => ({
      title: modelLayerTitle(model),
      compression: "stored",
      entries: planTar(modelEntries(bentoDirectory, model)),
    }),
  );
  const runtime = runtimeEntries(bentoDirectory, manifest);
  const app = await appEntries(bentoDirectory, manifest);
  const shared: LayerPlan[] =
    runtime.length === 0
      ? []
      : [{ title: RUNTIME_LAYER, compression: "gzip", entries: planTar(runtime) }];
  return [...shared, ...models, { title: "app", compression: "gzip", entries: planTar(app) }];
}

export interface BuildPlanOptions {
  /** Where the layer goes. */
  readonly layout: OciLayout;
  /** @default none: the layer is built */
  readonly cache?: LayerCache | undefined;
  readonly onProgress?: OnProgress | undefined;
  readonly signal?: AbortSignal | undefined;
}

export async function buildPlan(plan: LayerPlan, options: BuildPlanOptions): Promise<ImageLayer> {
  const { title, ...layer } = plan;
  const { isCached: _, ...built } = await runStep(
    options.onProgress ?? silent,
    { step: `build layer ${title}`, detail: showLayer },
    () => buildOrTake(layer, options),
  );
  return { title, ...built };
}

async function buildOrTake(
  layer: Omit<LayerPlan, "title">,
  { cache, layout, signal }: BuildPlanOptions,
): Promise<CachedLayer> {
  return cache === undefined
    ? { ...(await buildLayer({ ...layer, sink: layout, signal })), isCached: false }
    : await cache.build({ ...layer, sink: layout, signal });
}

function showLayer({ descriptor, isCached }: CachedLayer): string {
  return `${formatBytes(descriptor.size)}${isCached ? ", unchanged" : ""}`;
}

/** A model that a service uses under two names is packed once. */
function distinctModels(manifest: BentoManifest): BentoModel[] {
  const byFolder = new Map(manifest.models.map((model) => [bentoModelFolder(model), model]));
  return [...byFolder].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, model]) => model);
}

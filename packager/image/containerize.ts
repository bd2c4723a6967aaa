/**
 * A bento becomes an image: layers over a base, ordered by how seldom they change, so that a new version of the code
 * moves kilobytes. The same bento, base and onnxruntime give the same digest on every machine.
 *
 * @module
 */
import { BentoError } from "../../core/bento-error.ts";
import type { BentoManifest } from "../../core/bento-manifest.ts";
import { type OnProgress, silent } from "../../core/progress.ts";
import { runStep } from "../../core/run-step.ts";
import { copyLayers } from "../../oci/copy-image.ts";
import type { ImageLayer } from "../../oci/image.ts";
import { inspectImage } from "../../oci/inspect-image.ts";
import type { LayerCache } from "../../oci/layer-cache.ts";
import type { OciLayout } from "../../oci/layout.ts";
import type { ImagePlatform } from "../../oci/manifest.ts";
import { baseFacts } from "../base/base-facts.ts";
import type { ResolvedBase } from "../base/resolve-base.ts";
import type { CudaProviders } from "../native/cuda-providers.ts";
import { checkCudaBase, checkNatives, nativeFiles } from "./check-natives.ts";
import { type Containerized, finishImage } from "./finish-image.ts";
import {
  bentoPlans,
  buildPlan,
  cudaPlan,
  type LayerPlan,
  nativePlan,
  nodePlan,
} from "./layer-plan.ts";
import { startConfig, variantOf } from "./start-config.ts";

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
  /**
   * onnxruntime's CUDA libraries, for the image that computes on a GPU.
   *
   * @default none: it computes on the CPU
   */
  readonly cuda?: CudaProviders | undefined;
  /** Node's binary, where the base has none. */
  readonly nodeBinary?: string | undefined;
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

/**
 * Builds the image and enters it into the layout.
 *
 * @throws BentoError BENTO_INTEGRITY when a file of the bento is not what its manifest says; BENTO_IO when it cannot be
 * read; BENTO_UNSUPPORTED without natives for the platform, or where the base lacks what they need; BENTO_REFUSED when
 * a platform would not take the image
 */
export async function containerize(options: ContainerizeOptions): Promise<Containerized> {
  const { base, cache, layout, manifest, onProgress = silent, platform, signal } = options;
  const image = await inspectImage(base.layout, { digest: base.manifestDigest });
  const plans = await layersOf(options);
  const entries = plans.flatMap((plan) => plan.entries);
  const natives = await nativeFiles(entries, cache?.facts); // onnxruntime's, or among what the user includes
  const facts = await baseFacts(base.layout, image, cache?.facts);
  checkNatives(natives, platform, facts);
  const variant = variantOf(plans);
  checkCudaBase(variant, platform, facts);
  await runStep(onProgress, { step: "copy base" }, () =>
    copyLayers(base.layout, layout, image.manifest, { signal }),
  );
  const layers: ImageLayer[] = [];
  for (const plan of plans) {
    layers.push(await buildPlan(plan, { layout, cache, onProgress, signal }));
  }
  return finishImage({
    platform,
    base: { ...image, digest: base.manifestDigest },
    layers,
    start: startConfig(manifest, { nodePath: base.nodePath, variant }),
    layout,
    name: options.name,
    plans,
    compressor: cache?.compressor,
  });
}

async function layersOf(options: ContainerizeOptions): Promise<LayerPlan[]> {
  const { base, cuda, nodeBinary, platform } = options;
  if (base.lacksNode === true && nodeBinary === undefined) {
    throw new BentoError("BENTO_UNSUPPORTED", "the base has no Node", {
      where: base.manifestDigest,
      hint: "use a base with Node, or give its binary",
    });
  }
  return [
    ...(base.lacksNode === true && nodeBinary !== undefined
      ? [await nodePlan(nodeBinary, base.nodePath)]
      : []),
    await nativePlan(options.onnxruntimeDirectory, platform),
    ...(cuda === undefined ? [] : [await cudaPlan(cuda)]),
    ...(await bentoPlans(options.bentoDirectory, options.manifest)),
  ];
}

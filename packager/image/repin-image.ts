/**
 * The image of a bento with another model version, made of the image that is there: no sources, no toolchain, no
 * onnxruntime at hand. Only the new model's layer and the app layer, which names it, are built.
 *
 * @module
 */
import type { BentoManifest } from "../../core/bento-manifest.ts";
import { copyLayers } from "../../oci/copy-image.ts";
import type { ImageLayer } from "../../oci/image.ts";
import type { InspectedImage } from "../../oci/inspect-image.ts";
import type { ImageSource } from "../../oci/layout.ts";
import { type Containerized, finishImage } from "./finish-image.ts";
import { imageParts } from "./image-parts.ts";
import { type BuildPlanOptions, bentoPlans, buildPlan, type LayerPlan } from "./layer-plan.ts";
import { RUNTIME_LAYER, startConfig, variantOf } from "./start-config.ts";

export interface RepinImageOptions extends BuildPlanOptions {
  /** Has the image. */
  readonly source: ImageSource;
  /** Of the bento before. */
  readonly image: InspectedImage;
  /** Directory of the bento with the new model. */
  readonly bentoDirectory: string;
  /** What its bento.yaml says. */
  readonly manifest: BentoManifest;
  /** Name in the layout's index. @default none */
  readonly name?: string | undefined;
}

/**
 * The same image as containerize makes of the new bento over the same base.
 *
 * @throws BentoError as imageParts, buildPlan and finishImage do
 */
export async function repinImage(options: RepinImageOptions): Promise<Containerized> {
  const { source, image, manifest, layout, signal } = options;
  const { base, layers: known, nodePath, platform } = imageParts(image);
  const byTitle = new Map(known.map((layer) => [layer.title, layer]));
  const plans = await bentoPlans(options.bentoDirectory, manifest);
  const isBuilt = ({ title }: LayerPlan) => title === "app" || !byTitle.has(title);
  await copyLayers(source, layout, image.manifest, { signal });
  const layers: ImageLayer[] = known.filter(({ title }) => !isOfBento(title));
  for (const plan of plans) {
    const kept = isBuilt(plan) ? undefined : byTitle.get(plan.title);
    layers.push(kept ?? (await buildPlan(plan, options)));
  }
  return finishImage({
    platform,
    base,
    layers,
    start: startConfig(manifest, { nodePath, variant: variantOf(layers) }),
    layout,
    name: options.name,
    plans: plans.filter(isBuilt),
    compressor: options.cache?.compressor,
  });
}

/** What follows from the bento alone; the rest follows from what it was built with. */
function isOfBento(title: string): boolean {
  return title === "app" || title === RUNTIME_LAYER || title.startsWith("model ");
}

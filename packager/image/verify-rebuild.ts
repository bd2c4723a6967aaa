/**
 * Builds an image's own layers once more and compares: first what is in them (their diff_ids), then their bytes, then
 * the whole image. Whoever has the bento can prove that an image holds it and nothing else.
 *
 * @module
 */
import type { BentoManifest } from "../../core/bento-manifest.ts";
import type { Digest } from "../../core/digest.ts";
import { identifyCompressor } from "../../oci/compressor.ts";
import { composeImage, type ImageLayer } from "../../oci/image.ts";
import type { InspectedImage } from "../../oci/inspect-image.ts";
import type { OciLayout } from "../../oci/layout.ts";
import { imageParts } from "./image-parts.ts";
import { bentoPlans, buildPlan, nativePlan } from "./layer-plan.ts";
import { CUDA_LAYER, NATIVES_LAYER, NODE_LAYER, startConfig, variantOf } from "./start-config.ts";

export interface VerifyRebuildOptions {
  readonly image: InspectedImage;
  /** Directory of the bento that the image says it holds. */
  readonly bentoDirectory: string;
  /** What its bento.yaml says. */
  readonly manifest: BentoManifest;
  /** Directory of an installed onnxruntime-node of the version that the bento names. */
  readonly onnxruntimeDirectory: string;
  /** For what is built; nothing is entered into its index. */
  readonly scratch: OciLayout;
  readonly signal?: AbortSignal | undefined;
}

export interface RebuildFinding {
  /** A layer's title, `config` for how it starts, or `image` for the whole. */
  readonly what: string;
  /** `content`: other files. `bytes`: the same files, compressed otherwise. */
  readonly outcome: "same" | "bytes" | "content";
  readonly expected: string;
  readonly built: string;
}

/**
 * One finding for each of the image's own layers, one for its config and one for the image.
 *
 * @throws BentoError BENTO_UNSUPPORTED for an image that was not made here; others as the build does
 */
export async function verifyRebuild(options: VerifyRebuildOptions): Promise<RebuildFinding[]> {
  const { image, bentoDirectory, manifest, scratch, signal } = options;
  const { base, layers, nodePath, platform } = imageParts(image);
  const plans = [
    await nativePlan(options.onnxruntimeDirectory, platform),
    ...(await bentoPlans(bentoDirectory, manifest)),
  ];
  // what is no bento's: their own packages pin them
  const built: ImageLayer[] = layers.filter(({ title }) => title === NODE_LAYER);
  for (const plan of plans) {
    built.push(await buildPlan(plan, { layout: scratch, signal }));
    if (plan.title === NATIVES_LAYER) {
      built.push(...layers.filter(({ title }) => title === CUDA_LAYER));
    }
  }
  const whole = composeImage({
    platform,
    base,
    layers: built,
    start: startConfig(manifest, { nodePath, variant: variantOf(built) }),
  });
  return [
    ...pairs(layers, built).map(compareLayers),
    compare("config", "content", [image.manifest.config.digest, whole.manifest.config.digest]),
    compare("image", "bytes", [image.descriptor.digest, whole.descriptor.digest]),
  ];
}

/** A line for each finding that is no `same`; bytes alone are no finding where this Node compresses otherwise. */
export function rebuildProblems(findings: readonly RebuildFinding[]): string[] {
  const { isReference } = identifyCompressor();
  return findings
    .filter(({ outcome }) => outcome === "content" || (outcome === "bytes" && isReference))
    .map(({ what, outcome, expected, built }) =>
      outcome === "content"
        ? `${what}: the image has ${expected}, the bento gives ${built}`
        : `${what}: the same files, but ${expected} and ${built}`,
    );
}

type LayerPair = readonly [expected: ImageLayer | undefined, built: ImageLayer | undefined];

function pairs(expected: readonly ImageLayer[], built: readonly ImageLayer[]): LayerPair[] {
  const length = Math.max(expected.length, built.length);
  return Array.from({ length }, (_, index): LayerPair => [expected[index], built[index]]);
}

function compareLayers([expected, built]: LayerPair): RebuildFinding {
  const what = expected?.title ?? built?.title ?? "layers";
  if (expected?.diffId !== built?.diffId || expected?.title !== built?.title) {
    return {
      what,
      outcome: "content",
      expected: expected === undefined ? "no such layer" : `${expected.title} ${expected.diffId}`,
      built: built === undefined ? "no such layer" : `${built.title} ${built.diffId}`,
    };
  }
  const digestOf = (layer: ImageLayer | undefined) => layer?.descriptor.digest ?? "";
  const isSame = digestOf(expected) === digestOf(built);
  return {
    what,
    outcome: isSame ? "same" : "bytes",
    expected: digestOf(expected),
    built: digestOf(built),
  };
}

/** The config names layers by what is in them, the manifest by their bytes. */
function compare(
  what: string,
  otherwise: "bytes" | "content",
  [expected, built]: readonly [Digest, Digest],
): RebuildFinding {
  return { what, outcome: expected === built ? "same" : otherwise, expected, built };
}

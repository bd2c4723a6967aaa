/**
 * Repins a stored bento and, where its image is at hand, the image: for `bento repin` and `bento deploy --model`.
 *
 * @module
 */
import { join, resolve } from "node:path";
import { BentoError } from "../core/bento-error.ts";
import type { BentoManifest } from "../core/bento-manifest.ts";
import type { Digest } from "../core/digest.ts";
import { formatTag } from "../core/tag.ts";
import type { Store } from "../model-store/store.ts";
import type { InspectedImage } from "../oci/inspect-image.ts";
import type { LayerCache } from "../oci/layer-cache.ts";
import type { OciLayout } from "../oci/layout.ts";
import type { RepinnedBento } from "../packager/repin.ts";
import { layerCacheOf } from "./actions/containerize.ts";
import { type CliContext, homeOf } from "./context.ts";
import { documentImage } from "./document-image.ts";
import { parseKeyValues } from "./key-values.ts";
import { drawProgress } from "./progress.ts";
import { cacheOf } from "./store.ts";

export interface RepinRequest {
  readonly store: Store;
  /** `name=tag` pairs, as typed. */
  readonly model: readonly string[];
  /** `oci:DIR`, as typed. @default the layout of the images made here, if it has one of the bento */
  readonly image?: string | undefined;
  readonly json?: boolean | undefined;
}

export interface Repinned {
  readonly bento: RepinnedBento;
  /** The new bento's image, where there was one of the old. */
  readonly image?: { readonly digest: Digest; readonly output: string };
}

export async function repinStored(
  context: CliContext,
  from: BentoManifest,
  request: RepinRequest,
): Promise<Repinned> {
  const { repinBento } = await import("../packager/repin.ts");
  const pins = parseKeyValues("--model", request.model, "iris=iris_classifier:production");
  const cache = await layerCacheOf(context);
  const before = await imageBefore(context, from, { cache, image: request.image });
  const { store } = request;
  const workDirectory = join(homeOf(context), "tmp");
  const { signal } = context;
  const bento = await repinBento(from, pins, { store, workDirectory, signal });
  if (before === undefined) {
    return { bento };
  }
  const output = `oci:${before.layout.directory}`;
  if (bento.state === "unchanged") {
    return { bento, image: { digest: before.image.descriptor.digest, output } };
  }
  const { repinImage } = await import("../packager/image/repin-image.ts");
  const { manifest } = bento;
  const { layout } = before;
  const { stamps, facts } = cache;
  const startedOn = new Date();
  const onProgress = drawProgress(context, request.json === true);
  const bentoDirectory = await store.bentos.materialise(manifest, cacheOf(context), {
    onProgress,
    stamps,
    signal,
  });
  const made = await repinImage({
    source: layout,
    image: before.image,
    layout,
    manifest,
    bentoDirectory,
    name: formatTag(manifest),
    cache,
    onProgress,
    signal,
  });
  const base = { name: "oci:base", digest: made.baseDigest };
  await documentImage({
    ...{ layout, image: made, bentoDirectory, manifest, base },
    ...{ startedOn, facts, onProgress },
  });
  return { bento, image: { digest: made.digest, output } };
}

interface ImageAt {
  readonly layout: OciLayout;
  readonly image: InspectedImage;
}

/** An image that was asked for must be there; one that may be there need not. */
async function imageBefore(
  context: CliContext,
  from: BentoManifest,
  { cache, image: given }: { readonly cache: LayerCache; readonly image: string | undefined },
): Promise<ImageAt | undefined> {
  const { inspectImage } = await import("../oci/inspect-image.ts");
  const { openLayout } = await import("../oci/layout.ts");
  const [, path] = /^oci:(.+)$/.exec(given ?? "") ?? [];
  if (given !== undefined && path === undefined) {
    throw new BentoError("BENTO_USAGE", `expected --image oci:DIR, got ${JSON.stringify(given)}`, {
      hint: "bento containerize TAG --output oci:DIR makes one",
    });
  }
  try {
    const directory =
      path === undefined ? join(homeOf(context), "images") : resolve(context.cwd, path);
    const layout = await openLayout(directory, { stamps: cache.stamps });
    const isAlone = path !== undefined && (await layout.images()).length === 1;
    const image = await inspectImage(layout, isAlone ? {} : { name: formatTag(from) });
    checkInside(from, image, given);
    return { layout, image };
  } catch (error) {
    if (given === undefined && BentoError.isInstance(error) && error.code === "BENTO_NOT_FOUND") {
      return undefined;
    }
    throw error;
  }
}

function checkInside(from: BentoManifest, image: InspectedImage, given: string | undefined): void {
  const inside = image.config.config?.Labels?.["org.bentokit.version"];
  if (inside !== from.version) {
    throw new BentoError(
      "BENTO_CONFLICT",
      `the image holds version ${inside ?? "(none)"}, not ${formatTag(from)}`,
      { where: given, hint: `name the image of ${formatTag(from)}` },
    );
  }
}

/**
 * Puts an image on another base.
 *
 * @module
 */
import { join, resolve } from "node:path";
import { BentoError } from "../../core/bento-error.ts";
import { formatTag } from "../../core/tag.ts";
import { type CliContext, homeOf } from "../context.ts";
import { findImage } from "../image-source.ts";
import { printDocument } from "../output.ts";
import { drawProgress } from "../progress.ts";
import { registryOptions } from "../registry.ts";
import { cacheOf } from "../store.ts";
import { absoluteBase, layerCacheOf, readPlatform } from "./containerize.ts";
import type { ImageReadFlags } from "./image-inspect.ts";

export interface ImageRebaseFlags extends ImageReadFlags {
  readonly base: string;
  readonly output?: string;
}

export async function rebaseNamedImage(
  context: CliContext,
  text: string,
  flags: ImageRebaseFlags,
): Promise<void> {
  const directory = readOutput(context, flags.output);
  const asked = flags.platform === undefined ? undefined : readPlatform(flags.platform);
  const image = await findImage(context, text, { platform: asked, store: flags.store });
  const { imageParts, bentoInside } = await import("../../packager/image/image-parts.ts");
  const { rebaseImage } = await import("../../packager/image/rebase-image.ts");
  const { resolveBase } = await import("../../packager/base/resolve-base.ts");
  const { createLayout } = await import("../../oci/layout.ts");
  const { platform } = imageParts(image);
  const cache = await layerCacheOf(context);
  const { signal } = context;
  const base = await resolveBase({
    ...registryOptions(context),
    base: absoluteBase(context, flags.base),
    platform,
    mayLackNode: true, // a GPU image has its own
    cacheDirectory: cacheOf(context),
    cache,
    onProgress: drawProgress(context, flags.json === true),
  });
  const made = await rebaseImage({
    source: image.source,
    image,
    base,
    layout: await createLayout(directory, { stamps: cache.stamps }),
    name: formatTag(await bentoInside(image.source, image)),
    cache,
    signal,
  });
  const { digest, layers, baseDigest } = made;
  if (flags.json === true) {
    const document = { digest, platform, base: baseDigest, output: `oci:${directory}`, layers };
    await printDocument(context, document, "json");
    return;
  }
  context.out(`${digest}\n`);
  context.err(`on ${baseDigest} instead of ${imageParts(image).base.digest}\n`);
  context.err(`wrote oci:${directory}\n`);
}

function readOutput(context: CliContext, text: string | undefined): string {
  if (text === undefined) {
    return join(homeOf(context), "images");
  }
  if (!text.startsWith("oci:") || text === "oci:") {
    throw new BentoError("BENTO_USAGE", `expected --output oci:DIR, got ${JSON.stringify(text)}`, {
      hint: "bento image push sends it to a registry from there",
    });
  }
  return resolve(context.cwd, text.slice("oci:".length));
}

/**
 * Finds the image that a command names: `oci:DIR[:NAME]`, a reference in a registry, or a bento whose image was made here.
 *
 * @module
 */
import { join } from "node:path";
import { BentoError } from "../core/bento-error.ts";
import { formatImageRef, type ImageRef, parseImageRef } from "../core/image-ref.ts";
import { formatTag, parseTag } from "../core/tag.ts";
import { type InspectedImage, inspectImage } from "../oci/inspect-image.ts";
import { type ImageSource, openLayout } from "../oci/layout.ts";
import { splitLayoutReference } from "../oci/layout-reference.ts";
import type { ImagePlatform } from "../oci/manifest.ts";
import { remoteImage } from "../oci/registry/remote-source.ts";
import { type CliContext, homeOf } from "./context.ts";
import { registryOptions } from "./registry.ts";
import { storeOf } from "./store.ts";

export interface FoundImage extends InspectedImage {
  /** Has the image's documents and blobs. */
  readonly source: ImageSource;
  /** As a user would write it. */
  readonly text: string;
  /** Where it is, when that is a registry. */
  readonly reference?: ImageRef;
}

export interface FindImageOptions {
  /** @default "linux/amd64" of an index, and the only one of a layout */
  readonly platform?: ImagePlatform | undefined;
  /** Where bentos are looked for. */
  readonly store?: string | undefined;
}

/**
 * @param text - as typed
 * @throws BentoError BENTO_NOT_FOUND, BENTO_UNREACHABLE, BENTO_INTEGRITY; BENTO_INVALID_INPUT when it names nothing
 */
export async function findImage(
  context: CliContext,
  text: string,
  options: FindImageOptions = {},
): Promise<FoundImage> {
  if (text.startsWith("oci:")) {
    return await inLayout(context, text, options);
  }
  if (/^(?:oci-archive|docker-archive):/.test(text)) {
    throw new BentoError("BENTO_UNSUPPORTED", `archives are written, not read: ${text}`, {
      hint: "name a layout or where it was pushed: oci:DIR or HOST/NAME; skopeo copy makes a layout of an archive",
    });
  }
  return text.includes("/")
    ? await inRegistry(context, parseImageRef(text), options)
    : await ofBento(context, text, options);
}

async function inLayout(
  context: CliContext,
  text: string,
  { platform }: FindImageOptions,
): Promise<FoundImage> {
  const { directory, name } = await splitLayoutReference(text.slice("oci:".length), context.cwd);
  const source = await openLayout(directory);
  return { ...(await inspectImage(source, { name, platform })), source, text };
}

async function inRegistry(
  context: CliContext,
  reference: ImageRef,
  { platform = "linux/amd64" }: FindImageOptions,
): Promise<FoundImage> {
  const options = registryOptions(context, reference.registry);
  const { source } = await remoteImage(reference, platform, options);
  const text = formatImageRef(reference);
  return { ...(await inspectImage(source)), source, text, reference };
}

async function ofBento(
  context: CliContext,
  text: string,
  { platform, store: url }: FindImageOptions,
): Promise<FoundImage> {
  const store = await storeOf(context, url);
  const { manifest } = await store.bentos.get(parseTag(text), { allowPrefix: true });
  const name = formatTag(manifest);
  try {
    const source = await openLayout(join(homeOf(context), "images"));
    return { ...(await inspectImage(source, { name, platform })), source, text: name };
  } catch (error) {
    if (BentoError.isInstance(error) && error.code === "BENTO_NOT_FOUND") {
      throw new BentoError("BENTO_NOT_FOUND", `no image of ${name} was made here`, {
        where: join(homeOf(context), "images"),
        hint: `bento containerize ${name}, or name the image: oci:DIR`,
        cause: error,
      });
    }
    throw error;
  }
}

/**
 * The image that a deploy takes: one that is there, or made on the way. For this machine it is kept where deployments
 * here are started from.
 *
 * @module
 */
import { resolve } from "node:path";
import type { Adapter } from "../adapters/adapter.ts";
import { BentoError } from "../core/bento-error.ts";
import type { BentoManifest } from "../core/bento-manifest.ts";
import type { Digest } from "../core/digest.ts";
import type { PlannedImage } from "../core/plan.ts";
import { formatTag } from "../core/tag.ts";
import { homeImages } from "../oci/home-images.ts";
import { variantOf } from "../packager/image/start-config.ts";
import { type ContainerizeFlags, makeImage } from "./actions/containerize.ts";
import { type CliContext, homeOf } from "./context.ts";
import type { DeployFlags } from "./deploy-request.ts";

export interface ImageRequest {
  readonly manifest: BentoManifest;
  readonly flags: Pick<DeployFlags, "image" | "base" | "store" | "json" | "requireSignature">;
  /** Where it goes. */
  readonly adapter: Adapter;
}

export async function imageToDeploy(
  context: CliContext,
  request: ImageRequest,
): Promise<PlannedImage> {
  const { manifest, flags } = request;
  if (flags.image !== undefined) {
    return imageInLayout(context, flags.image, request);
  }
  const containerizeFlags: ContainerizeFlags = {
    platform: isHere(request) && process.arch === "arm64" ? "linux/arm64" : "linux/amd64",
    ...(flags.base === undefined ? {} : { base: flags.base }),
    ...(flags.store === undefined ? {} : { store: flags.store }),
    ...(flags.json === undefined ? {} : { json: flags.json }),
  };
  const tag = formatTag(manifest);
  const made = await makeImage(context, tag, containerizeFlags);
  const signed = await signatureOf(context, flags, {
    directory: homeImages(homeOf(context)),
    digest: made.digest,
    text: tag,
  });
  return {
    digest: made.digest,
    platform: made.platform,
    bytes: sum(made.layers),
    variant: variantOf(made.layers),
    ...signed,
  };
}

/** Refuses an image that the key has not signed, before anything is done with it. */
async function signatureOf(
  context: CliContext,
  { requireSignature }: ImageRequest["flags"],
  image: { readonly directory: string; readonly digest: Digest; readonly text: string },
): Promise<Pick<PlannedImage, "signedBy">> {
  if (requireSignature === undefined) {
    return {};
  }
  const { refuseUnsigned } = await import("./require-signature.ts");
  return { signedBy: await refuseUnsigned(context, requireSignature, image) };
}

/** What may run a bento without an image runs here. */
function isHere({ adapter }: ImageRequest): boolean {
  return adapter.capabilities.runs === "either";
}

async function imageInLayout(
  context: CliContext,
  text: string,
  request: ImageRequest,
): Promise<PlannedImage> {
  const { manifest } = request;
  const [, path] = /^oci:(.+)$/.exec(text) ?? [];
  if (path === undefined) {
    throw new BentoError("BENTO_USAGE", `expected --image oci:DIR, got ${JSON.stringify(text)}`, {
      hint: "bento containerize TAG --output oci:DIR makes one",
    });
  }
  const { createLayout, openLayout } = await import("../oci/layout.ts");
  const { inspectImage } = await import("../oci/inspect-image.ts");
  const layout = await openLayout(resolve(context.cwd, path));
  const image = await inspectImage(
    layout,
    (await layout.images()).length > 1 ? { name: formatTag(manifest) } : {},
  );
  const inside = image.config.config?.Labels?.["org.bentokit.version"];
  if (inside !== manifest.version) {
    throw new BentoError(
      "BENTO_CONFLICT",
      `the image holds version ${inside ?? "(none)"}, not ${formatTag(manifest)}`,
      {
        where: text,
        hint: `make it again: bento containerize ${formatTag(manifest)} --output ${text}`,
      },
    );
  }
  const { digest } = image.descriptor;
  const signed = await signatureOf(context, request.flags, {
    directory: layout.directory,
    digest,
    text,
  });
  if (isHere(request)) {
    const { copyImage } = await import("../oci/copy-image.ts");
    const kept = await createLayout(homeImages(homeOf(context)));
    const { signal } = context;
    await copyImage(layout, kept, image, { name: formatTag(manifest), signal });
  }
  const { os, architecture } = image.config;
  return {
    digest,
    platform: `${os}/${architecture}`,
    bytes: sum(image.layers),
    variant: variantOf(image.layers),
    ...signed,
  };
}

function sum(layers: readonly { size: number }[]): number {
  return layers.reduce((total, layer) => total + layer.size, 0);
}

/**
 * The image that a deploy takes: one that is there, or made on the way. It is kept in this user's layout of images, from
 * where deployments here are started and images are pushed.
 *
 * @module
 */
import { resolve } from "node:path";
import type { Adapter } from "../adapters/adapter.ts";
import { BentoError } from "../core/bento-error.ts";
import type { BentoManifest } from "../core/bento-manifest.ts";
import type { Digest } from "../core/digest.ts";
import { isNoop, type Plan, type PlannedImage } from "../core/plan.ts";
import { formatTag } from "../core/tag.ts";
import { homeImages } from "../oci/home-images.ts";
import type { InspectedImage } from "../oci/inspect-image.ts";
import type { OciLayout } from "../oci/layout.ts";
import { variantOf } from "../packager/image/start-config.ts";
import { type ContainerizeFlags, layerCacheOf, makeImage } from "./actions/containerize.ts";
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
  const { openLayout } = await import("../oci/layout.ts");
  const { inspectImage } = await import("../oci/inspect-image.ts");
  const { stamps } = await layerCacheOf(context);
  const layout = await openLayout(resolve(context.cwd, path), { stamps });
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
  await keepImage(context, { layout, image, name: formatTag(manifest) });
  const { os, architecture } = image.config;
  return {
    digest,
    platform: `${os}/${architecture}`,
    bytes: sum(image.layers),
    variant: variantOf(image.layers),
    ...signed,
  };
}

interface ImageToKeep {
  readonly layout: OciLayout;
  readonly image: InspectedImage;
  readonly name: string;
}

/** Puts an image with what is attached to it where adapters look for it. */
async function keepImage(context: CliContext, { layout, image, name }: ImageToKeep): Promise<void> {
  const home = homeImages(homeOf(context));
  if (layout.directory === home) {
    return;
  }
  const { createLayout } = await import("../oci/layout.ts");
  const { copyImage } = await import("../oci/copy-image.ts");
  const { copyAttachments } = await import("../oci/attest/attachment.ts");
  const { layoutAttachments } = await import("../oci/attest/layout-attachments.ts");
  const { stamps } = await layerCacheOf(context);
  // what is read once is known by its stamp, and what is on the same disk is a second name for it
  const kept = await createLayout(home, { stamps });
  await copyImage(layout, kept, image, { name, signal: context.signal });
  const { digest } = image.descriptor;
  await copyAttachments(layoutAttachments(layout), layoutAttachments(kept), digest);
}

/**
 * Whether an image that a plan from a file pushes or starts is where it is looked for.
 *
 * @throws BentoError BENTO_NOT_FOUND with what puts it there
 */
export async function refuseAbsentImage(
  context: CliContext,
  plan: Plan,
  { capabilities }: Adapter,
): Promise<void> {
  const isPushed = plan.actions.some(({ kind }) => kind === "push");
  const isStarted = capabilities.runs === "either" && !isNoop(plan);
  if (plan.image === undefined || !(isPushed || isStarted)) {
    return;
  }
  const { digest } = plan.image;
  const directory = homeImages(homeOf(context));
  const { openLayout } = await import("../oci/layout.ts");
  const { inspectImage } = await import("../oci/inspect-image.ts");
  try {
    await inspectImage(await openLayout(directory), { digest });
  } catch (cause) {
    if (!BentoError.isInstance(cause) || cause.code !== "BENTO_NOT_FOUND") {
      throw cause;
    }
    const line = `bento deploy ${formatTag(plan.bento)} --platform ${plan.platform} --image oci:DIR`;
    throw new BentoError("BENTO_NOT_FOUND", `the plan's image ${digest} is not on this machine`, {
      where: directory,
      hint: `make it here, bento containerize ${formatTag(plan.bento)}, or bring it from where it was made: ${line} --plan`,
      cause,
    });
  }
}

function sum(layers: readonly { size: number }[]): number {
  return layers.reduce((total, layer) => total + layer.size, 0);
}

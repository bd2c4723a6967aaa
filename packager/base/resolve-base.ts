/**
 * Turns what `--base` says into an image at hand: a layout on disk, or an image that is pulled once and kept. An image
 * without glibc or without Node is refused here, before anything is built on it.
 *
 * @module
 */
import { join } from "node:path";
import { BentoError } from "../../core/bento-error.ts";
import type { Digest } from "../../core/digest.ts";
import { formatImageRef, type ImageRef, parseImageRef } from "../../core/image-ref.ts";
import { type OnProgress, silent } from "../../core/progress.ts";
import { runStep } from "../../core/run-step.ts";
import { type InspectedImage, inspectImage } from "../../oci/inspect-image.ts";
import type { LayerCache } from "../../oci/layer-cache.ts";
import { createLayout, type OciLayout, openLayout, REF_NAME } from "../../oci/layout.ts";
import { splitLayoutReference } from "../../oci/layout-reference.ts";
import type { ImageConfig, ImagePlatform } from "../../oci/manifest.ts";
import { createRegistryClient } from "../../oci/registry/client.ts";
import { pullImage } from "../../oci/registry/pull-image.ts";
import type { RegistryOptions } from "../../oci/registry/session.ts";
import { NO_ANSWER_HINT } from "../../oci/registry/transport.ts";
import { type BaseFacts, baseFacts } from "./base-facts.ts";
import { type LockBaseOptions, lockBase } from "./base-lock.ts";
import { BENTO_LABEL, NODE_LABEL } from "./build-base.ts";
import { DEFAULT_BASE, DISTROLESS_NODE } from "./default-base.ts";

export interface ResolveBaseOptions extends RegistryOptions {
  /**
   * `oci:DIR`, `oci:DIR:NAME` or an image's name in a registry.
   *
   * @default DEFAULT_BASE
   */
  readonly base?: string | undefined;
  readonly platform: ImagePlatform;
  /**
   * Whether a base without Node will do, because the image gets a layer with it.
   *
   * @default false
   */
  readonly mayLackNode?: boolean;
  /** Keeps what is pulled. */
  readonly cacheDirectory: string;
  /**
   * Where it is written down what a tag means.
   *
   * @default none: a tag means what the registry says
   */
  readonly lock?: Pick<LockBaseOptions, "file" | "update"> | undefined;
  /** Knows what was read before. @default none: every blob is read when it is asked for */
  readonly cache?: LayerCache | undefined;
  readonly onProgress?: OnProgress;
}

export interface ResolvedBase {
  readonly layout: OciLayout;
  readonly manifestDigest: Digest;
  /** Absolute path of Node in the image. */
  readonly nodePath: string;
  /** Whether Node has yet to be put there. @default false */
  readonly lacksNode?: boolean;
}

/**
 * @throws BentoError BENTO_UNREACHABLE when a registry does not answer; BENTO_UNSUPPORTED for an image of another
 * platform, on musl, or without Node; others as pullImage and inspectImage do
 */
export async function resolveBase(options: ResolveBaseOptions): Promise<ResolvedBase> {
  const base = options.base ?? DEFAULT_BASE;
  const { layout, image } = base.startsWith("oci:")
    ? await fromLayout(base.slice("oci:".length), options)
    : await fromRegistry(parseImageRef(base), options).catch(withAnotherWay);
  checkPlatform(image.config, options.platform, base);
  checkForeign(image.config, base);
  const facts = await baseFacts(layout, image, options.cache?.facts);
  checkLibc(facts, base);
  const nodePath = nodePathOf(image, facts);
  if (nodePath === undefined && options.mayLackNode !== true) {
    throw new BentoError("BENTO_UNSUPPORTED", "the base has no Node", {
      where: base,
      hint: `use an image with Node at ${USUAL_NODES.join(" or ")}, or label it ${NODE_LABEL}=PATH`,
    });
  }
  return {
    layout,
    manifestDigest: image.descriptor.digest,
    nodePath: nodePath ?? ADDED_NODE,
    ...(nodePath === undefined ? { lacksNode: true } : {}),
  };
}

/** Where Node is put when the base has none. */
const ADDED_NODE = "/usr/local/bin/node";

interface FoundBase {
  readonly layout: OciLayout;
  readonly image: InspectedImage;
}

async function fromLayout(
  text: string,
  { platform, cache }: ResolveBaseOptions,
): Promise<FoundBase> {
  const { directory, name } = await splitLayoutReference(text, ".");
  const layout = await openLayout(directory, { stamps: cache?.stamps });
  return { layout, image: await inspectImage(layout, { name, platform }) };
}

async function fromRegistry(given: ImageRef, options: ResolveBaseOptions): Promise<FoundBase> {
  const { platform, cache, onProgress = silent } = options;
  const reference = await pinned(given, options);
  const layout = await createLayout(join(options.cacheDirectory, "bases"), {
    stamps: cache?.stamps,
  });
  const name = `${formatImageRef(reference)} ${platform}`;
  // Only a digest always means the same image; a tag is asked for each time.
  const isKept =
    reference.digest !== undefined &&
    (await layout.images()).some((image) => image.annotations?.[REF_NAME] === name);
  if (!isKept) {
    await runStep(onProgress, { step: "pull base", detail: () => formatImageRef(reference) }, () =>
      pullImage({ ...options, reference, layout, name }),
    );
  }
  return { layout, image: await inspectImage(layout, { name }) };
}

/** A base needs no registry. */
function withAnotherWay(error: unknown): never {
  if (BentoError.isInstance(error) && error.hint === NO_ANSWER_HINT) {
    const { code, message, where } = error;
    throw new BentoError(code, message, {
      where,
      hint: `${NO_ANSWER_HINT}; without a registry, make a base: bento base build, then give what it prints to --base`,
      cause: error,
    });
  }
  throw error;
}

/** The reference with the digest of bento.lock, where there is such a file to keep. */
async function pinned(reference: ImageRef, options: ResolveBaseOptions): Promise<ImageRef> {
  const { lock, onProgress = silent, signal } = options;
  if (reference.digest !== undefined || lock === undefined) {
    return reference;
  }
  const digest = await lockBase({
    ...lock,
    reference,
    onProgress,
    async resolve(need) {
      const limit = need === "build" ? [] : [AbortSignal.timeout(NOTICE_LIMIT_MS)];
      const signals = [...(signal === undefined ? [] : [signal]), ...limit];
      const client = createRegistryClient(reference, {
        ...options,
        signal: AbortSignal.any(signals),
      });
      return (await client.manifests.get(reference.tag ?? "latest")).descriptor.digest;
    },
  });
  return { ...reference, digest };
}

/** A build that has all it needs waits no longer for news of a tag, in milliseconds. */
const NOTICE_LIMIT_MS = 3000;

function checkPlatform(config: ImageConfig, platform: ImagePlatform, base: string): void {
  const found = `${config.os}/${config.architecture}`;
  if (found !== platform) {
    throw new BentoError("BENTO_UNSUPPORTED", `the base is for ${found}, not ${platform}`, {
      where: base,
      hint: `name a base for ${platform}, or build for ${found}`,
    });
  }
}

/** Over a bento's image its own files would show through: code and models that belong to another. */
function checkForeign({ config }: ImageConfig, base: string): void {
  const bento = config?.Labels?.[BENTO_LABEL];
  if (bento !== undefined) {
    throw new BentoError("BENTO_UNSUPPORTED", `the base is itself an image of a bento: ${bento}`, {
      where: base,
      hint: "name the base that it was built on, or leave --base out for the default",
    });
  }
}

function checkLibc(facts: BaseFacts, base: string): void {
  if (facts.isMusl) {
    throw new BentoError(
      "BENTO_UNSUPPORTED",
      "the base is built on musl, onnxruntime needs glibc",
      {
        where: base,
        hint: "use a Debian-based image, e.g. the default base",
      },
    );
  }
}

function nodePathOf({ config }: InspectedImage, facts: BaseFacts): string | undefined {
  const labelled = config.config?.Labels?.[NODE_LABEL];
  if (labelled !== undefined) {
    return labelled;
  }
  const entrypoint = config.config?.Entrypoint?.[0] ?? "";
  const places = entrypoint.endsWith("/node") ? [entrypoint, ...USUAL_NODES] : USUAL_NODES;
  return places.find((path) => facts.nodes.includes(path));
}

/** Places where images keep Node, when they do not say. */
const USUAL_NODES = ["/usr/local/bin/node", DISTROLESS_NODE, "/usr/bin/node"];

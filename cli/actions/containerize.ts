/**
 * Makes the image of a bento and prints its digest.
 *
 * @module
 */
import { join, resolve } from "node:path";
import { BentoError } from "../../core/bento-error.ts";
import { type BentoManifest, bentoDigest } from "../../core/bento-manifest.ts";
import type { Digest } from "../../core/digest.ts";
import { type ImageRef, parseDestination, parseImageRef } from "../../core/image-ref.ts";
import { nearest } from "../../core/nearest.ts";
import type { OnProgress } from "../../core/progress.ts";
import { formatTag, parseTag } from "../../core/tag.ts";
import { formatBytes } from "../../core/units.ts";
import type { LayerCache } from "../../oci/layer-cache.ts";
import type { OciLayout } from "../../oci/layout.ts";
import { IMAGE_PLATFORMS, type ImagePlatform } from "../../oci/manifest.ts";
import type { Containerized } from "../../packager/image/finish-image.ts";
import { type CliContext, homeOf } from "../context.ts";
import { documentImage, readSource } from "../document-image.ts";
import { GPU_BASE, gpuParts, readVariant } from "../gpu-image.ts";
import { baseLockOf, writeImageLock } from "../image-locks.ts";
import { printDocument, printTable } from "../output.ts";
import { drawProgress } from "../progress.ts";
import { readSigner } from "../signing-key.ts";
import { cacheOf, storeOf } from "../store.ts";

export interface ContainerizeFlags {
  readonly tag?: string;
  readonly platform: string;
  readonly base?: string;
  readonly output?: string;
  readonly store?: string;
  readonly json?: boolean;
  /** `cpu` or `cuda12`. @default by the service's resources.gpu */
  readonly variant?: string;
  /** File or URL of onnxruntime's package with CUDA libraries. @default NuGet's */
  readonly cudaPackage?: string;
  /** @default true */
  readonly cache?: boolean;
  readonly updateLock?: boolean;
  /** File that the image is written down in. */
  readonly lock?: string;
  /** Whether SBOM and provenance are attached. @default true */
  readonly attest?: boolean;
  /** Where the sources are, for the provenance. */
  readonly source?: string;
  /** Private key that signs the image. */
  readonly sign?: string;
}

export async function containerizeBento(
  context: CliContext,
  text: string,
  flags: ContainerizeFlags,
): Promise<void> {
  const made = await makeImage(context, text, flags);
  if (flags.lock !== undefined) {
    await writeImageLock(resolve(context.cwd, flags.lock), made);
  }
  if (flags.json === true) {
    const { digest, platform, layers, tag, output, blobDigestReproducible } = made;
    const document = { tag, digest, platform, output, layers, blobDigestReproducible };
    await printDocument(context, document, "json");
    return;
  }
  context.out(`${made.digest}\n`);
  for (const { rule, message } of made.findings) {
    context.err(`! ${rule}: ${message}\n`);
  }
  const rows = made.layers.map((layer) => [
    layer.title,
    formatBytes(layer.size),
    layer.uncompressedBytes === undefined ? "" : formatBytes(layer.uncompressedBytes),
    layer.digest.slice(0, 19),
  ]);
  printTable({ ...context, out: context.err }, ["LAYER", "SIZE", "UNPACKED", "DIGEST"], rows);
  context.err(`wrote ${made.output}\n`);
}

/** What earlier commands built and checked, so that it is not built and checked again. */
export async function layerCacheOf(context: CliContext): Promise<LayerCache> {
  const { fileStamps } = await import("../../oci/file-stamps.ts");
  const { openLayerCache } = await import("../../oci/layer-cache.ts");
  const stamps = fileStamps(join(cacheOf(context), "stamps"));
  const directory = join(cacheOf(context), "layers");
  return openLayerCache({ directory, stamps });
}

export interface MadeImage extends Containerized {
  /** Exact tag of the bento. */
  readonly tag: string;
  readonly bentoDigest: Digest;
  /** Where it was written, as `--output` takes it. */
  readonly output: string;
}

/** The image alone, for commands that go on with it. */
export async function makeImage(
  context: CliContext,
  text: string,
  flags: ContainerizeFlags,
): Promise<MadeImage> {
  const platform = readPlatform(flags.platform);
  const output = readOutput(context, flags.output);
  if (flags.tag !== undefined) {
    parseImageRef(flags.tag); // a wrong name is said before anything is made
  }
  const startedOn = new Date();
  const source = readSource(flags.source);
  const signer = flags.sign === undefined ? undefined : await readSigner(context, flags.sign);
  const onProgress = drawProgress(context, flags.json === true);
  const store = await storeOf(context, flags.store);
  const { manifest } = await store.bentos.get(parseTag(text), { allowPrefix: true });
  const signal = context.signal;
  const cacheDirectory = cacheOf(context);
  const cache = flags.cache === false ? undefined : await layerCacheOf(context);
  const stamps = cache?.stamps;
  const bentoDirectory = await store.bentos.materialise(manifest, cacheDirectory, {
    onProgress,
    stamps,
    signal,
  });
  const { resolveBase } = await import("../../packager/base/resolve-base.ts");
  const { registryOptions } = await import("../registry.ts");
  const { containerize } = await import("../../packager/image/containerize.ts");
  const { createLayout } = await import("../../oci/layout.ts");
  const isGpu = readVariant(manifest, flags.variant) === "cuda12";
  const baseText = flags.base ?? manifest.docker.base ?? (isGpu ? GPU_BASE : undefined);
  const lock = await baseLockOf(context, flags.updateLock);
  const base = await resolveBase({
    ...registryOptions(context),
    base: absoluteBase(context, baseText),
    platform,
    mayLackNode: isGpu,
    cacheDirectory,
    lock,
    cache,
    onProgress,
  });
  const name = flags.tag ?? formatTag(manifest);
  const layout = await createLayout(output.layout, { stamps });
  const onnxruntimeDirectory = await installedRuntime(manifest);
  const { cudaPackage } = flags;
  const gpu = isGpu
    ? await gpuParts(context, { manifest, platform, base, cudaPackage, lock, onProgress })
    : {};
  const made = await containerize({
    bentoDirectory,
    manifest,
    base,
    platform,
    onnxruntimeDirectory,
    ...gpu,
    layout,
    name,
    cache,
    onProgress,
    signal,
  });
  await documentImage({
    layout,
    image: made,
    bentoDirectory,
    manifest,
    base: { name: baseText, digest: base.manifestDigest },
    source,
    startedOn,
    isAttested: flags.attest,
    signer,
    facts: cache?.facts,
    onProgress,
  });
  await cache?.prune();
  if (output.archive !== undefined) {
    const { inspectImage } = await import("../../oci/inspect-image.ts");
    const { writeArchive } = await import("../../oci/archive.ts");
    const { descriptor } = await inspectImage(layout, { digest: made.digest });
    await writeArchive({ layout, image: descriptor, ...output.archive, name, signal });
  }
  const pushed =
    output.registry === undefined
      ? undefined
      : await pushMade(context, { layout, digest: made.digest, to: output.registry, onProgress });
  return {
    ...made,
    tag: formatTag(manifest),
    bentoDigest: bentoDigest(manifest),
    output: pushed ?? output.text,
  };
}

/**
 * Folder of the onnxruntime-node that a bento was built with.
 *
 * @throws BentoError BENTO_CONFLICT when another version is installed
 */
export async function installedRuntime(manifest: BentoManifest): Promise<string> {
  const { installedPackage } = await import("../../packager/own-package.ts");
  const onnxruntime = await installedPackage("onnxruntime-node");
  if (onnxruntime.version !== manifest.runtime.onnxruntime) {
    throw new BentoError(
      "BENTO_CONFLICT",
      `the bento was built with onnxruntime ${manifest.runtime.onnxruntime}, installed is ${onnxruntime.version}`,
      {
        where: formatTag(manifest),
        hint: `build it again with bento build, or npm install onnxruntime-node@${manifest.runtime.onnxruntime}`,
      },
    );
  }
  return onnxruntime.directory;
}

interface MadeToPush {
  readonly layout: OciLayout;
  readonly digest: Digest;
  readonly to: ImageRef;
  readonly onProgress: OnProgress;
}

/** @returns where it is now, as `--output` takes it, with the digest */
async function pushMade(
  context: CliContext,
  { layout, digest, to, onProgress }: MadeToPush,
): Promise<string> {
  const { inspectImage } = await import("../../oci/inspect-image.ts");
  const { pushTo } = await import("../push.ts");
  const image = { ...(await inspectImage(layout, { digest })), source: layout };
  const { reference } = await pushTo(context, { image, destination: to, onProgress });
  return `registry:${reference}`;
}

interface Output {
  /** As the user reads it. */
  readonly text: string;
  readonly layout: string;
  readonly archive?: { readonly kind: "oci-archive" | "docker-archive"; readonly file: string };
  readonly registry?: ImageRef;
}

function readOutput(context: CliContext, text: string | undefined): Output {
  const images = join(homeOf(context), "images");
  if (text === undefined) {
    return { text: `oci:${images}`, layout: images };
  }
  const [, kind, path] = /^(oci|oci-archive|docker-archive|registry):(.+)$/.exec(text) ?? [];
  if (path === undefined) {
    throw new BentoError("BENTO_USAGE", `no kind of output: ${JSON.stringify(text)}`, {
      hint: "choose --output oci:DIR, oci-archive:FILE, docker-archive:FILE or registry:HOST/NAME[:TAG]",
    });
  }
  if (kind === "registry") {
    return { text, layout: images, registry: parseDestination(path) };
  }
  const file = resolve(context.cwd, path);
  return kind === "oci"
    ? { text: `oci:${file}`, layout: file }
    : {
        text: `${kind}:${file}`,
        layout: images,
        archive: { kind: kind === "oci-archive" ? kind : "docker-archive", file },
      };
}

export function readPlatform(text: string): ImagePlatform {
  const found = IMAGE_PLATFORMS.find((platform) => platform === text);
  if (found === undefined) {
    const near = nearest(text, IMAGE_PLATFORMS);
    throw new BentoError("BENTO_USAGE", `no image platform ${JSON.stringify(text)}`, {
      hint: `${near === undefined ? "" : `did you mean ${near}? `}choose one of ${IMAGE_PLATFORMS.join(", ")}`,
    });
  }
  return found;
}

/** A layout's path is the user's: relative to where the command runs. */
export function absoluteBase(context: CliContext, base: string | undefined): string | undefined {
  return base?.startsWith("oci:") === true
    ? `oci:${resolve(context.cwd, base.slice("oci:".length))}`
    : base;
}

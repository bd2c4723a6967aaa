/**
 * What an image needs beyond others to compute on a GPU: a base with CUDA 12 and cuDNN 9, Node where that base has none,
 * and onnxruntime's CUDA libraries, pinned in bento.lock.
 *
 * @module
 */
import { resolve } from "node:path";
import { BentoError } from "../core/bento-error.ts";
import type { BentoManifest } from "../core/bento-manifest.ts";
import { nearest } from "../core/nearest.ts";
import type { OnProgress } from "../core/progress.ts";
import { runStep } from "../core/run-step.ts";
import type { ImagePlatform } from "../oci/manifest.ts";
import type { ResolvedBase } from "../packager/base/resolve-base.ts";
import type { ContainerizeOptions } from "../packager/image/containerize.ts";
import { IMAGE_VARIANTS, type ImageVariant } from "../packager/image/start-config.ts";
import type { CliContext } from "./context.ts";
import { cacheOf } from "./store.ts";

/** The base of GPU images when none is said; bento.lock pins it. */
export const GPU_BASE = "nvidia/cuda:12.8.1-cudnn-runtime-ubuntu22.04";

/** As asked for, otherwise by `resources.gpu` of the service. */
export function readVariant(manifest: BentoManifest, text: string | undefined): ImageVariant {
  if (text === undefined) {
    return (manifest.resources.gpu ?? 0) > 0 ? "cuda12" : "cpu";
  }
  const found = IMAGE_VARIANTS.find((variant) => variant === text);
  if (found === undefined) {
    const near = nearest(text, IMAGE_VARIANTS);
    throw new BentoError("BENTO_USAGE", `no image variant ${JSON.stringify(text)}`, {
      hint: `${near === undefined ? "" : `did you mean ${near}? `}choose one of ${IMAGE_VARIANTS.join(", ")}`,
    });
  }
  return found;
}

export interface GpuPartsRequest {
  readonly manifest: BentoManifest;
  readonly platform: ImagePlatform;
  readonly base: ResolvedBase;
  /** File or URL of onnxruntime's package, as typed. */
  readonly cudaPackage?: string | undefined;
  /** bento.lock, where there is one. */
  readonly lock?: { readonly file: string; readonly update: boolean } | undefined;
  readonly onProgress: OnProgress;
}

/** @throws BentoError BENTO_UNREACHABLE, BENTO_INTEGRITY as cudaProviders does */
export async function gpuParts(
  context: CliContext,
  request: GpuPartsRequest,
): Promise<Pick<ContainerizeOptions, "cuda" | "nodeBinary">> {
  const { manifest, platform, base, lock, onProgress } = request;
  const { cudaPackageName, cudaProviders } = await import("../packager/native/cuda-providers.ts");
  const { lockedPackage, lockPackage } = await import("../packager/base/base-lock.ts");
  const { nodeFor } = await import("../packager/base/node-binary.ts");
  const { signal } = context;
  const cacheDirectory = cacheOf(context);
  const version = manifest.runtime.onnxruntime;
  const name = cudaPackageName(version);
  const isPinned = lock !== undefined && !lock.update;
  const cuda = await runStep(
    onProgress,
    { step: "fetch CUDA libraries", detail: ({ digest }) => digest.slice(0, 19) },
    async () =>
      cudaProviders({
        version,
        source: sourceOf(context, request.cudaPackage),
        expected: isPinned ? await lockedPackage(lock.file, name) : undefined,
        cacheDirectory,
        signal,
      }),
  );
  if (lock !== undefined) {
    await lockPackage(lock.file, name, cuda.digest);
  }
  return base.lacksNode === true
    ? {
        cuda,
        nodeBinary: (await nodeFor(platform, { running: process, cacheDirectory, signal })).path,
      }
    : { cuda };
}

/** A file's path is the user's: relative to where the command runs. */
function sourceOf(context: CliContext, text: string | undefined): string | undefined {
  return text === undefined || /^https?:/.test(text) ? text : resolve(context.cwd, text);
}

/**
 * How a container of a bento starts, on any base. Adapters override neither command nor arguments.
 *
 * @module
 */
import { type BentoManifest, bentoDigest } from "../../core/bento-manifest.ts";
import { APP_FOLDER } from "../../model-store/artifact/model-layer.ts";
import type { StartConfig } from "../../oci/image.ts";
import { BENTO_LABEL } from "../base/build-base.ts";

/** Port that the server listens on when a platform does not say. */
const PORT = 3000;

/** What an image computes on: the CPU, or a GPU by CUDA 12. Each is an image of its own. */
export const IMAGE_VARIANTS = ["cpu", "cuda12"] as const;
export type ImageVariant = (typeof IMAGE_VARIANTS)[number];

/** Titles of layers: onnxruntime's own files, its CUDA libraries, Node where the base has none, and the handler. */
export const RUNTIME_LAYER = "runtime";
export const NATIVES_LAYER = "natives";
export const CUDA_LAYER = "cuda";
export const NODE_LAYER = "node";

/** What NVIDIA's container runtime looks for before it gives a container its GPUs. */
const GPU_ENVIRONMENT = {
  NVIDIA_DRIVER_CAPABILITIES: "compute,utility",
  NVIDIA_VISIBLE_DEVICES: "all",
} as const;

/** The variant of an image, by the titles of its own layers. */
export function variantOf(layers: readonly { readonly title: string }[]): ImageVariant {
  return layers.some(({ title }) => title === CUDA_LAYER) ? "cuda12" : "cpu";
}

/** @param nodePath - absolute path of Node in the image */
export function startConfig(
  manifest: BentoManifest,
  { nodePath, variant }: { readonly nodePath: string; readonly variant: ImageVariant },
): StartConfig {
  return {
    entrypoint: [nodePath, `/${APP_FOLDER}/src/main.js`],
    workingDirectory: `/${APP_FOLDER}`,
    user: "65532:65532",
    env: {
      // The only place that may be written on a read-only root.
      HOME: "/tmp",
      NODE_ENV: "production",
      // onnxruntime 1.29 and later report to their vendor otherwise.
      ORT_DISABLE_TELEMETRY: "1",
      PORT: String(PORT),
      ...(variant === "cpu" ? {} : GPU_ENVIRONMENT),
      ...manifest.docker.env,
    },
    labels: {
      [BENTO_LABEL]: manifest.name,
      "org.bentokit.digest": bentoDigest(manifest),
      "org.bentokit.version": manifest.version,
      "org.opencontainers.image.title": manifest.name,
      "org.opencontainers.image.version": manifest.version,
    },
    ports: [PORT],
  };
}

/**
 * What the platforms refuse in an image. They say it one problem at a time and only when it is deployed; here all of it
 * is found beforehand. Each rule has an id that is never reused.
 *
 * @module
 */
import { LAYER_TITLE } from "./inspect-image.ts";
import { layerArchive } from "./layer-archive.ts";
import type { ImageSource } from "./layout.ts";
import type { Descriptor, ImageConfig, ImageManifest } from "./manifest.ts";
import { INDEX_TYPES, isDockerType, OCI_LAYER_GZIP, ociLayerType } from "./media-type.ts";
import { parentsOf } from "./tar-plan.ts";
import { readTar } from "./untar.ts";

/** Why each rule is there. */
export const LINT_RULES = {
  "single-manifest": "Lambda takes one manifest, never an index",
  "one-media-family": "Lambda refuses a manifest that mixes Docker's and OCI's media types",
  "compressed-layers": "Lambda refuses layers that are not gzip",
  "history-per-layer": "unpackers match history to layers one by one",
  "diff-ids-match": "an image without a diff_id for each layer cannot be unpacked",
  "numeric-user":
    "a user by name needs a passwd file, and Kubernetes cannot prove that it is not root",
  "absolute-entrypoint": "the platforms start the image without a shell",
  "supported-platform": "Cloud Run and Container Apps run linux/amd64, Lambda also linux/arm64",
  "parent-directories":
    "Lambda refuses a file whose directory is not named before it in the same layer",
  "gpu-platform": "onnxruntime has CUDA libraries for linux/amd64 alone",
  "gpu-environment":
    "NVIDIA's container runtime gives its GPUs and driver only to containers whose variables ask for both",
} as const;

type LintRule = keyof typeof LINT_RULES;

export interface LintFinding {
  readonly rule: LintRule;
  /** What is wrong, with the value. */
  readonly message: string;
}

export interface LintInput {
  /** As the registry or layout states it. */
  readonly mediaType: string;
  readonly manifest: ImageManifest;
  readonly config: ImageConfig;
  /** Paths in the archives that were looked into, in order, directories with a last slash. */
  readonly layerPaths?: readonly (readonly string[])[];
}

/** Every breach of every rule, in the rules' order; none for an image that all platforms take. Pure. */
export function lintImage(input: LintInput): LintFinding[] {
  const breaches: Record<LintRule, readonly string[]> = {
    "single-manifest": INDEX_TYPES.includes(input.mediaType) ? [input.mediaType] : [],
    "one-media-family": mixedFamilies(input),
    "compressed-layers": input.manifest.layers.filter((layer) => !isGzip(layer)).map(showLayer),
    "history-per-layer": countProblem("history entries", historyCount(input.config), input),
    "diff-ids-match": countProblem("diff_ids", input.config.rootfs.diff_ids.length, input),
    "numeric-user": userProblem(input.config.config?.User ?? ""),
    "absolute-entrypoint": entrypointProblem(input.config.config?.Entrypoint ?? []),
    "supported-platform": platformProblem(input.config),
    "parent-directories": (input.layerPaths ?? []).flatMap(orphans),
    "gpu-platform": isGpu(input) ? gpuPlatformProblem(input.config) : [],
    "gpu-environment": isGpu(input) ? gpuEnvironmentProblem(input.config) : [],
  };
  return (Object.keys(LINT_RULES) as LintRule[]).flatMap((rule) =>
    breaches[rule].map((message) => ({ rule, message })),
  );
}

/**
 * Paths in a layer's archive, in order, for `lintImage`.
 *
 * @param layer - compressed or not
 */
export async function layerPaths(layout: ImageSource, layer: Descriptor): Promise<string[]> {
  const archive = layerArchive(layout.readBlob(layer), layer.mediaType);
  const paths: string[] = [];
  for await (const entry of readTar(archive, { links: "rootfs" })) {
    paths.push(entry.kind === "directory" ? `${entry.path}/` : entry.path);
  }
  return paths;
}

function mixedFamilies({ manifest, mediaType }: LintInput): string[] {
  const types = [mediaType, manifest.config.mediaType, ...manifest.layers.map((l) => l.mediaType)];
  const isMixed = new Set(types.map(isDockerType)).size > 1;
  return isMixed ? [[...new Set(types)].join(", ")] : [];
}

function isGzip(layer: Descriptor): boolean {
  try {
    return ociLayerType(layer.mediaType) === OCI_LAYER_GZIP;
  } catch {
    return false;
  }
}

function showLayer(layer: Descriptor): string {
  return `${layer.digest} is ${layer.mediaType}`;
}

function historyCount(config: ImageConfig): number {
  return (config.history ?? []).filter((entry) => entry.empty_layer !== true).length;
}

function countProblem(what: string, count: number, { manifest }: LintInput): string[] {
  const layers = manifest.layers.length;
  return count === layers ? [] : [`${count} ${what} for ${layers} layers`];
}

function userProblem(user: string): string[] {
  return /^\d+(?::\d+)?$/.test(user) ? [] : [`user is ${JSON.stringify(user)}`];
}

function entrypointProblem(entrypoint: readonly string[]): string[] {
  return entrypoint[0]?.startsWith("/") ? [] : [`entrypoint is ${JSON.stringify(entrypoint)}`];
}

function platformProblem({ os, architecture }: ImageConfig): string[] {
  const isSupported = os === "linux" && (architecture === "amd64" || architecture === "arm64");
  return isSupported ? [] : [`${os}/${architecture}`];
}

/** Images of ours have a layer of this title when they compute on a GPU. */
function isGpu({ manifest }: LintInput): boolean {
  return manifest.layers.some((layer) => layer.annotations?.[LAYER_TITLE] === "cuda");
}

function gpuPlatformProblem({ os, architecture }: ImageConfig): string[] {
  return `${os}/${architecture}` === "linux/amd64" ? [] : [`${os}/${architecture}`];
}

function gpuEnvironmentProblem({ config }: ImageConfig): string[] {
  const env = new Map((config?.Env ?? []).map((line) => [line.split("=")[0], line]));
  const devices = env.get("NVIDIA_VISIBLE_DEVICES") ?? "";
  const capabilities = env.get("NVIDIA_DRIVER_CAPABILITIES") ?? "";
  return [
    ...(/=.+$/.test(devices) && !/=(?:none|void)$/.test(devices)
      ? []
      : [`NVIDIA_VISIBLE_DEVICES is ${devices.split("=")[1] ?? "not set"}`]),
    ...(/\b(?:compute|all)\b/.test(capabilities)
      ? []
      : [`NVIDIA_DRIVER_CAPABILITIES is ${capabilities.split("=")[1] ?? "not set"}`]),
  ];
}

function orphans(paths: readonly string[]): string[] {
  const seen = new Set<string>();
  const found: string[] = [];
  for (const path of paths) {
    const parent = parentsOf(path.replace(/\/$/, "")).at(-1);
    if (parent !== undefined && !seen.has(`${parent}/`)) {
      found.push(`${path} before ${parent}/`);
    }
    seen.add(path);
  }
  return found;
}

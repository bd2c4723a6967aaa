/**
 * Makes an image of layers over a base: one OCI manifest for one platform, never an index, with a history entry for
 * each layer. Times are the epoch and lists are sorted, so the digest depends on content alone.
 *
 * @module
 */
import type { Digest } from "../core/digest.ts";
import { type InspectedImage, LAYER_TITLE, LAYER_UNCOMPRESSED } from "./inspect-image.ts";
import type { BuiltLayer } from "./layer.ts";
import { documentDescriptor, type OciLayout } from "./layout.ts";
import type {
  Descriptor,
  HistoryEntry,
  ImageConfig,
  ImageManifest,
  ImagePlatform,
  RunConfig,
} from "./manifest.ts";
import { OCI_CONFIG, OCI_MANIFEST, ociLayerType } from "./media-type.ts";

/** The time that images carry, so that the day of the build is not in their digest. */
export const EPOCH = "1970-01-01T00:00:00Z";

/** Where programs are looked for, when neither base nor start says. */
const SEARCH_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

export interface ImageLayer extends BuiltLayer {
  /** What is in it, for listings; also the `created_by` of its history. */
  readonly title: string;
}

/** How a container starts. */
export interface StartConfig {
  /** Exec form; the first is an absolute path. */
  readonly entrypoint: readonly string[];
  readonly workingDirectory: string;
  /** `UID:GID` in numbers: names need a passwd file in the base. */
  readonly user: string;
  /** Over the base's variables. */
  readonly env: Readonly<Record<string, string>>;
  /** Over the base's labels. */
  readonly labels: Readonly<Record<string, string>>;
  /** TCP ports. */
  readonly ports: readonly number[];
}

/** What an image is built on. */
export interface BaseImage extends Pick<InspectedImage, "manifest" | "config"> {
  /** Written into the image, which can be put on another base then. @default not told */
  readonly digest?: Digest | undefined;
}

/** Annotations on the manifests of images made here: what they were built on, and how many layers of it. */
export const BASE_DIGEST = "org.opencontainers.image.base.digest";
export const BASE_LAYERS = "org.bentokit.base-layers";

export interface ComposeImageOptions {
  readonly platform: ImagePlatform;
  /** @default none: the layers are all there is */
  readonly base?: BaseImage | undefined;
  /** Lowest first. */
  readonly layers: readonly ImageLayer[];
  readonly start: StartConfig;
}

/** An image's two documents and the digest that it is known by. */
export interface ImageDocuments {
  readonly descriptor: Descriptor;
  readonly manifest: ImageManifest;
  readonly config: ImageConfig;
}

/**
 * Makes an image's documents. Pure.
 *
 * @throws BentoError BENTO_UNSUPPORTED when the base has layers that cannot be copied
 */
export function composeImage(options: ComposeImageOptions): ImageDocuments {
  const config = imageConfig(options);
  const manifest: ImageManifest = {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: documentDescriptor(config, OCI_CONFIG),
    layers: [...baseLayers(options.base?.manifest), ...options.layers.map(describe)],
    ...annotationsOf(options.base),
  };
  const { architecture, os } = config;
  const descriptor = documentDescriptor(manifest, OCI_MANIFEST);
  return { descriptor: { ...descriptor, platform: { architecture, os } }, manifest, config };
}

/**
 * Writes an image's documents and enters it into the layout's index.
 *
 * @param layout - has the blobs of all layers already
 * @param name - in the layout's index; without one the image replaces the one without a name
 */
export async function writeImage(
  layout: OciLayout,
  image: ImageDocuments,
  name?: string,
): Promise<void> {
  await layout.writeDocument(image.config, OCI_CONFIG);
  await layout.writeDocument(image.manifest, OCI_MANIFEST);
  await layout.setImage(image.descriptor, name);
}

function annotationsOf(base: BaseImage | undefined): Pick<ImageManifest, "annotations"> {
  const digest = base?.digest;
  return base === undefined || digest === undefined
    ? {}
    : {
        annotations: {
          [BASE_DIGEST]: digest,
          [BASE_LAYERS]: String(base.manifest.layers.length),
        },
      };
}

function baseLayers(manifest: ImageManifest | undefined): Descriptor[] {
  return (manifest?.layers ?? []).map((layer) => ({
    mediaType: ociLayerType(layer.mediaType),
    digest: layer.digest,
    size: layer.size,
    annotations: { [LAYER_TITLE]: "base", ...layer.annotations },
  }));
}

function describe(layer: ImageLayer): Descriptor {
  return {
    ...layer.descriptor,
    annotations: {
      [LAYER_TITLE]: layer.title,
      [LAYER_UNCOMPRESSED]: String(layer.uncompressedBytes),
    },
  };
}

function imageConfig(options: ComposeImageOptions): ImageConfig {
  const { base, layers, platform, start } = options;
  const [os = "", architecture = ""] = platform.split("/");
  const diffIds: Digest[] = [
    ...(base?.config.rootfs.diff_ids ?? []),
    ...layers.map((layer) => layer.diffId),
  ];
  return {
    architecture,
    ...(base?.config.variant === undefined ? {} : { variant: base.config.variant }),
    os,
    created: EPOCH,
    config: runConfig(start, base?.config.config ?? undefined),
    rootfs: { type: "layers", diff_ids: diffIds },
    history: [
      ...baseHistory(base?.config),
      ...layers.map(({ title }) => ({ created: EPOCH, created_by: `bentokit ${title}` })),
    ],
  };
}

/** The base's history when it accounts for each of its layers, otherwise one made up for them. */
function baseHistory(config: ImageConfig | undefined): HistoryEntry[] {
  const count = config?.rootfs.diff_ids.length ?? 0;
  const known = config?.history ?? [];
  if (known.filter((entry) => entry.empty_layer !== true).length === count) {
    return known;
  }
  return Array.from({ length: count }, () => ({ created: EPOCH, created_by: "base" }));
}

function runConfig(start: StartConfig, base: RunConfig | undefined): RunConfig {
  const baseEnv = (base?.Env ?? []).map((line): [string, string] => {
    const equals = line.indexOf("=");
    return [line.slice(0, equals), line.slice(equals + 1)];
  });
  const env = Object.entries({
    PATH: SEARCH_PATH,
    ...Object.fromEntries(baseEnv),
    ...start.env,
  });
  const labels: Record<string, string> = { ...base?.Labels, ...start.labels };
  return {
    User: start.user,
    Env: env.map(([name, value]) => `${name}=${value}`).sort(compareText),
    Entrypoint: [...start.entrypoint],
    WorkingDir: start.workingDirectory,
    ...(Object.keys(labels).length === 0 ? {} : { Labels: labels }),
    ...(start.ports.length === 0
      ? {}
      : { ExposedPorts: Object.fromEntries(start.ports.map((port) => [`${port}/tcp`, {}])) }),
  };
}

/** By code unit, as canonical JSON sorts keys; never by locale. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

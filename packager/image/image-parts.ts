/**
 * Takes an image of ours apart: what it was built on, its own layers, and the bento inside. Nothing of it depends on
 * the base's content, so either can be replaced without the other.
 *
 * @module
 */
import { BentoError } from "../../core/bento-error.ts";
import type { BentoManifest } from "../../core/bento-manifest.ts";
import { type Digest, isDigest } from "../../core/digest.ts";
import { APP_FOLDER } from "../../model-store/artifact/model-layer.ts";
import { parseBentoYaml } from "../../model-store/bento-yaml.ts";
import { collect } from "../../oci/chunks.ts";
import { gunzip } from "../../oci/gzip.ts";
import { BASE_DIGEST, BASE_LAYERS, type BaseImage, type ImageLayer } from "../../oci/image.ts";
import { type InspectedImage, layerInfo } from "../../oci/inspect-image.ts";
import type { ImageSource } from "../../oci/layout.ts";
import { IMAGE_PLATFORMS, type ImagePlatform } from "../../oci/manifest.ts";
import { readTar } from "../../oci/untar.ts";

export interface ImageParts {
  readonly platform: ImagePlatform;
  /** The layers below ours, with the run configuration of the whole image. */
  readonly base: BaseImage & { readonly digest: Digest };
  /** Absolute path of Node in the base. */
  readonly nodePath: string;
  /** Ours, lowest first. */
  readonly layers: readonly ImageLayer[];
}

/** Documents in an app layer are short. */
const YAML_LIMIT_BYTES = 16 * 1024 * 1024;

/**
 * @throws BentoError BENTO_UNSUPPORTED for an image that was not made here, or by a release that did not write down
 * what it was built on
 */
export function imageParts(image: InspectedImage): ImageParts {
  const { manifest, config } = image;
  const digest = manifest.annotations?.[BASE_DIGEST] ?? "";
  const count = Number(manifest.annotations?.[BASE_LAYERS]);
  const platform = IMAGE_PLATFORMS.find((name) => name === `${config.os}/${config.architecture}`);
  const nodePath = config.config?.Entrypoint?.[0];
  const isOurs = Number.isSafeInteger(count) && isDigest(digest) && count < manifest.layers.length;
  if (!isOurs || platform === undefined || nodePath === undefined) {
    throw notOurs(image);
  }
  const history = (config.history ?? []).filter((entry) => entry.empty_layer !== true);
  const emptied = (config.history ?? []).length - history.length;
  return {
    platform,
    nodePath,
    base: {
      digest,
      manifest: { ...manifest, layers: manifest.layers.slice(0, count) },
      config: {
        ...config,
        rootfs: { type: "layers", diff_ids: config.rootfs.diff_ids.slice(0, count) },
        // all that is not of our layers, empty entries included: ours are the last, and none of them is empty
        history: (config.history ?? []).slice(0, count + emptied),
      },
    },
    layers: manifest.layers.slice(count).map((layer, index): ImageLayer => {
      const { annotations: _, ...descriptor } = layer;
      const diffId = config.rootfs.diff_ids[count + index];
      const { title, uncompressedBytes } = layerInfo(layer);
      if (diffId === undefined || uncompressedBytes === undefined) {
        throw notOurs(image);
      }
      return { title, descriptor, diffId, uncompressedBytes };
    }),
  };
}

/**
 * The bento inside an image, as its app layer has it.
 *
 * @throws BentoError BENTO_UNSUPPORTED when there is none
 */
export async function bentoInside(
  source: ImageSource,
  image: InspectedImage,
): Promise<BentoManifest> {
  const app = image.manifest.layers.find((layer) => layerInfo(layer).title === "app");
  if (app !== undefined) {
    for await (const entry of readTar(gunzip(source.readBlob(app)), { links: "rootfs" })) {
      if (entry.path === `${APP_FOLDER}/bento.yaml`) {
        const text = await collect(entry.content(), YAML_LIMIT_BYTES, entry.path);
        const manifest = await parseBentoYaml(text.toString("utf8"));
        if (manifest !== undefined) {
          return manifest;
        }
      }
    }
  }
  throw notOurs(image);
}

function notOurs({ descriptor }: InspectedImage): BentoError {
  return new BentoError("BENTO_UNSUPPORTED", "not an image of a bento that can be taken apart", {
    where: descriptor.digest,
    hint: "make it with this release: bento containerize TAG",
  });
}

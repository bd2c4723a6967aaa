/**
 * A model's files as a layer of images. The layer depends on the model alone, so a registry that has it as a model has
 * it for every image that uses the model.
 *
 * @module
 */
import { type BentoModel, bentoModelFolder } from "../../core/bento-manifest.ts";
import type { StoredFile } from "../../core/model-manifest.ts";
import type { ByteStream } from "../../oci/chunks.ts";
import type { TarEntry } from "../../oci/tar-entry.ts";

/** Where everything of ours lies in an image. */
export const APP_FOLDER = "app";

/** What identifies the layer: nothing else goes into it. */
export type LayerModel = Pick<BentoModel, "name" | "version" | "files">;

/** The layer's name in listings and annotations. */
export function modelLayerTitle({ name, version }: LayerModel): string {
  return `model ${name}:${version}`;
}

/**
 * Entries of the layer, below `app/models/<name>/<version>`.
 *
 * @param open - a file's bytes from the first on, verified, at each call
 */
export function modelLayerEntries(
  model: LayerModel,
  open: (file: StoredFile) => ByteStream,
): TarEntry[] {
  const folder = `${APP_FOLDER}/${bentoModelFolder(model)}`;
  return model.files.map((file) => ({
    kind: "file",
    path: `${folder}/${file.path}`,
    size: file.size,
    identity: file.digest,
    content: () => open(file),
  }));
}

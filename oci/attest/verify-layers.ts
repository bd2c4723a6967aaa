/**
 * Reads every layer of an image whole: its bytes against its digest, and the archive inside against the config's
 * diff_id, which is what a container will see.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { BentoError } from "../../core/bento-error.ts";
import type { ByteStream } from "../chunks.ts";
import { layerArchive } from "../layer-archive.ts";
import type { Descriptor, ImageConfig, ImageManifest } from "../manifest.ts";

export interface LayersToVerify {
  readonly manifest: ImageManifest;
  readonly config: ImageConfig;
  /** A blob's bytes; the stream fails unless they match the digest. */
  readonly readBlob: (blob: Descriptor) => ByteStream;
}

/** @returns what is wrong, a line each; none when all holds */
export async function layerProblems(image: LayersToVerify): Promise<string[]> {
  const { manifest, config, readBlob } = image;
  const diffIds = config.rootfs.diff_ids;
  if (diffIds.length !== manifest.layers.length) {
    return [`${diffIds.length} diff_ids for ${manifest.layers.length} layers`];
  }
  const problems: string[] = [];
  for (const [index, layer] of manifest.layers.entries()) {
    const found = await diffIdOf(layer, readBlob).catch((error: unknown) => ({ error }));
    if (typeof found !== "string") {
      problems.push(`layer ${layer.digest}: ${reasonOf(found.error)}`);
    } else if (found !== diffIds[index]) {
      problems.push(`layer ${layer.digest}: expected diff_id ${diffIds[index]}, got ${found}`);
    }
  }
  return problems;
}

async function diffIdOf(layer: Descriptor, readBlob: LayersToVerify["readBlob"]): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of layerArchive(readBlob(layer), layer.mediaType)) {
    hash.update(chunk);
  }
  return `sha256:${hash.digest("hex")}`;
}

/** A network that fails is no answer of the image. */
function reasonOf(error: unknown): string {
  const isAnswer =
    !BentoError.isInstance(error) ||
    ["BENTO_INTEGRITY", "BENTO_NOT_FOUND", "BENTO_UNSUPPORTED"].includes(error.code);
  if (!isAnswer) {
    throw error;
  }
  return error instanceof Error ? error.message : String(error);
}

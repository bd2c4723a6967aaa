/**
 * Unpacks an image into a directory as a container's root: layer over layer, with what a layer marks as deleted taken
 * away. Owners and special bits are dropped: everything is readable by all and belongs to who unpacks.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { chmod } from "node:fs/promises";
import { posix } from "node:path";
import { pipeline } from "node:stream/promises";
import { BentoError } from "../core/bento-error.ts";
import type { Digest } from "../core/digest.ts";
import type { ByteStream } from "./chunks.ts";
import type { InspectedImage } from "./inspect-image.ts";
import { layerArchive } from "./layer-archive.ts";
import type { OciLayout } from "./layout.ts";
import type { Descriptor } from "./manifest.ts";
import { type RootfsTree, rootfsTree } from "./rootfs-tree.ts";
import { readTar, type UntarEntry } from "./untar.ts";

/** A name with it deletes the file of that name in the layers below. */
const WHITEOUT = ".wh.";

/** Deletes everything that layers below put into its directory. */
const OPAQUE = ".wh..wh..opq";

export interface UnpackImageOptions {
  readonly layout: OciLayout;
  readonly image: Pick<InspectedImage, "manifest" | "config">;
  /** Empty, and nobody else writes to it. */
  readonly directory: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Unpacks all layers, lowest first.
 *
 * @throws BentoError BENTO_INTEGRITY when a layer is damaged or not what the config names; BENTO_REFUSED when an entry
 * would land outside, is a device, or marks nothing as deleted; BENTO_IO when the disk refuses
 */
export async function unpackImage(options: UnpackImageOptions): Promise<void> {
  const { layout, image, directory, signal } = options;
  const tree = rootfsTree(directory);
  for (const [index, layer] of image.manifest.layers.entries()) {
    const archive = hashing(layerArchive(layout.readBlob(layer), layer.mediaType));
    try {
      for await (const entry of readTar(archive.bytes, { links: "rootfs" })) {
        signal?.throwIfAborted();
        await applyEntry(entry, tree, index);
      }
    } catch (error) {
      throw explained(error, layer, directory);
    }
    const diffId = await archive.finish();
    const expected = image.config.rootfs.diff_ids[index];
    if (diffId !== expected) {
      throw new BentoError("BENTO_INTEGRITY", `the archive of layer ${index + 1} is ${diffId}`, {
        where: layer.digest,
        hint: `the image's config names ${expected ?? "none"}; make or pull the image again`,
      });
    }
  }
}

interface Hashing {
  readonly bytes: ByteStream;
  /** Reads what is left, so that the blob's own digest is checked too. */
  finish(): Promise<Digest>;
}

function hashing(source: ByteStream): Hashing {
  const hash = createHash("sha256");
  const iterator = source[Symbol.asyncIterator]();
  const next = async () => {
    const result = await iterator.next();
    if (result.done !== true) {
      hash.update(result.value);
    }
    return result;
  };
  return {
    // without `return`: a reader that stops at the archive's end must not close what is still to be hashed
    bytes: { [Symbol.asyncIterator]: () => ({ next }) },
    async finish() {
      while ((await next()).done !== true) {
        // reading is the check
      }
      return `sha256:${hash.digest("hex")}`;
    },
  };
}

async function applyEntry(entry: UntarEntry, tree: RootfsTree, layer: number): Promise<void> {
  const name = posix.basename(entry.path);
  const folder = posix.dirname(entry.path);
  if (name === OPAQUE) {
    await tree.empty(folder === "." ? "" : folder, layer);
  } else if (name.startsWith(WHITEOUT)) {
    await tree.remove(posix.join(folder, hiddenName(entry.path, name)), layer);
  } else {
    await place(entry, tree, layer);
  }
}

function hiddenName(path: string, name: string): string {
  const hidden = name.slice(WHITEOUT.length);
  if (["", ".", ".."].includes(hidden) || hidden.startsWith(WHITEOUT)) {
    throw new BentoError("BENTO_REFUSED", `${JSON.stringify(path)} marks nothing as deleted`, {
      where: "layer",
      hint: "the image was made wrongly; make it again",
    });
  }
  return hidden;
}

async function place(entry: UntarEntry, tree: RootfsTree, layer: number): Promise<void> {
  const { path, target = "" } = entry;
  switch (entry.kind) {
    case "directory":
      return await tree.addDirectory(path, layer, { shared: entry.isSticky });
    case "symlink":
      return await tree.addSymlink(path, layer, target);
    case "hardlink":
      return await tree.addHardlink(path, layer, target);
    case "file": {
      const file = await tree.addFile(path, layer);
      await pipeline(entry.content(), createWriteStream(file, { flags: "wx" }));
      // the mask of the process must not make it private
      await chmod(file, entry.isExecutable ? 0o755 : 0o644);
    }
  }
}

function explained(error: unknown, layer: Descriptor, directory: string): unknown {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (code.startsWith("Z_") || code.startsWith("ZSTD_")) {
    return new BentoError("BENTO_INTEGRITY", "a layer is not what its media type says", {
      where: layer.digest,
      hint: "make or pull the image again",
      cause: error,
    });
  }
  const isSystem = error instanceof Error && "syscall" in error;
  return isSystem
    ? new BentoError("BENTO_IO", `cannot unpack the image: ${error.message}`, {
        where: directory,
        hint: "make room on that disk, or choose another with BENTO_HOME",
        cause: error,
      })
    : error;
}

/**
 * What a base image offers to the programs that run on it: its C library, the versions that its libraries define, and
 * where Node is. Found by reading its layers once; they are known by digest.
 *
 * @module
 */
import * as z from "zod";
import { digestOf } from "../../core/digest.ts";
import { collect } from "../../oci/chunks.ts";
import type { DocumentMemo } from "../../oci/document-memo.ts";
import { readElf } from "../../oci/elf.ts";
import type { InspectedImage } from "../../oci/inspect-image.ts";
import { layerArchive } from "../../oci/layer-archive.ts";
import type { OciLayout } from "../../oci/layout.ts";
import { readTar, type UntarEntry } from "../../oci/untar.ts";

export const BaseFacts = z.strictObject({
  /** Whether its C library is musl, which onnxruntime's binaries do not run on. */
  isMusl: z.boolean(),
  /** Absolute paths of files and links called `node`. */
  nodes: z.array(z.string()),
  /** Versions that each library defines, by soname; null where the library is too long to be looked into. */
  libraries: z.record(z.string(), z.array(z.string()).nullable()),
});
export type BaseFacts = z.infer<typeof BaseFacts>;

/** Changes when other facts are read from the same bytes. */
const FORMAT = 1;

/** C and C++ libraries take 2 MB; those of CUDA take hundreds, and define no versions that are asked for. */
const LIBRARY_LIMIT_BYTES = 32 * 1024 * 1024;

/** @param memo - keeps what was found; without it the layers are read each time */
export async function baseFacts(
  layout: OciLayout,
  image: InspectedImage,
  memo?: DocumentMemo | undefined,
): Promise<BaseFacts> {
  const find = () => readFacts(layout, image);
  const key = digestOf(`base facts ${FORMAT} ${image.descriptor.digest}`);
  return memo === undefined ? find() : memo.remember(key, BaseFacts, find);
}

async function readFacts(layout: OciLayout, { manifest }: InspectedImage): Promise<BaseFacts> {
  const nodes = new Set<string>();
  const libraries = new Map<string, string[] | null>();
  let isMusl = false;
  for (const layer of manifest.layers) {
    const archive = layerArchive(layout.readBlob(layer), layer.mediaType);
    for await (const entry of readTar(archive, { links: "rootfs" })) {
      const name = entry.path.split("/").at(-1) ?? "";
      isMusl ||= /^(?:usr\/)?lib\/ld-musl-[^/]+$/.test(entry.path);
      if (name === "node" && entry.kind !== "directory") {
        nodes.add(`/${entry.path}`);
      }
      if (/\.so(?:\.\d+)*$/.test(name) && entry.kind !== "directory") {
        const [soname, versions] = await readLibrary(entry, name);
        // a link says that there is such a name; the file says which versions it has
        if (versions !== null || !libraries.has(soname)) {
          libraries.set(soname, versions);
        }
      }
    }
  }
  return {
    isMusl,
    nodes: [...nodes].sort(),
    libraries: Object.fromEntries([...libraries].sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}

async function readLibrary(entry: UntarEntry, name: string): Promise<[string, string[] | null]> {
  if (entry.kind !== "file" || entry.size > LIBRARY_LIMIT_BYTES) {
    return [name, null];
  }
  const bytes = await collect(entry.content(), LIBRARY_LIMIT_BYTES, entry.path);
  try {
    const readAt = async (offset: number, length: number) =>
      bytes.subarray(offset, offset + length);
    const { soname, versionDefinitions } = await readElf(readAt, entry.path);
    return [soname ?? name, versionDefinitions];
  } catch {
    return [name, null]; // a linker script, or nothing of ours to judge
  }
}

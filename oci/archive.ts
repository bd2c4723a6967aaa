/**
 * One image as a single file: a tar archive of its layout. `docker-archive` adds the manifest.json that `docker load`
 * reads, over the same blobs. The same image gives the same bytes.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { BentoError } from "../core/bento-error.ts";
import { canonicalJson } from "../core/canonical-json.ts";
import { parseImageRef } from "../core/image-ref.ts";
import type { ByteStream } from "./chunks.ts";
import { inspectImage } from "./inspect-image.ts";
import { blobPath, formatIndex, type OciLayout, REF_NAME } from "./layout.ts";
import type { Descriptor, ImageManifest } from "./manifest.ts";
import { writeTar } from "./tar.ts";
import { type TarEntry, tarFile } from "./tar-entry.ts";

export interface ArchiveOptions {
  readonly layout: OciLayout;
  /** The image, as the layout's index has it. */
  readonly image: Descriptor;
  readonly kind: "oci-archive" | "docker-archive";
  /**
   * Name that `docker load` gives it, e.g. `iris:v1`; one without a tag means `latest`.
   *
   * @default none
   */
  readonly name?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface WriteArchiveOptions extends ArchiveOptions {
  /** Where it is written; replaced when it is there. */
  readonly file: string;
}

/** The archive's bytes, for a program that reads them from a pipe. */
export async function archiveBytes(options: ArchiveOptions): Promise<ByteStream> {
  return writeTar(await archiveEntries(options), { signal: options.signal });
}

/**
 * Writes an archive; a file that is there stays whole until the new one is.
 *
 * @throws BentoError BENTO_IO when the file cannot be written
 */
export async function writeArchive(options: WriteArchiveOptions): Promise<void> {
  const { file, signal } = options;
  const bytes = await archiveBytes(options);
  const temporary = `${file}.${randomUUID()}.tmp`;
  try {
    const target = createWriteStream(temporary, { flags: "wx", flush: true });
    await pipeline(bytes, target, signal === undefined ? {} : { signal });
    await rename(temporary, file);
  } catch (error) {
    if (BentoError.isInstance(error) || signal?.aborted === true) {
      throw error;
    }
    throw new BentoError("BENTO_IO", "cannot write the archive", {
      where: file,
      hint: "name a file in a directory that can be written and has space",
      cause: error,
    });
  } finally {
    await rm(temporary, { force: true });
  }
}

async function archiveEntries(options: ArchiveOptions): Promise<TarEntry[]> {
  const { layout, image, name } = options;
  const { manifest } = await inspectImage(layout, { digest: image.digest });
  const { annotations: _annotations, ...bare } = image;
  const named = name === undefined ? bare : { ...bare, annotations: { [REF_NAME]: name } };
  const blobs = new Map(
    [image, manifest.config, ...manifest.layers].map((blob) => [blob.digest, blob]),
  );
  return [
    tarFile("oci-layout", '{"imageLayoutVersion":"1.0.0"}'),
    tarFile("index.json", formatIndex([named])),
    ...Array.from(
      blobs.values(),
      (blob): TarEntry => ({
        kind: "file",
        path: blobPath(blob.digest),
        size: blob.size,
        content: () => layout.readBlob(blob),
      }),
    ),
    ...(options.kind === "oci-archive" ? [] : [dockerManifest(manifest, name)]),
  ];
}

function dockerManifest(manifest: ImageManifest, name: string | undefined): TarEntry {
  const document = {
    Config: blobPath(manifest.config.digest),
    Layers: manifest.layers.map((layer) => blobPath(layer.digest)),
    RepoTags: name === undefined ? [] : repoTags(name),
  };
  return tarFile("manifest.json", canonicalJson([document]));
}

/**
 * Docker refuses the whole archive for a name that it cannot read: one without a tag, or with a digest. A name that is
 * none of Docker's (a bento may be called `a..b`) is left out; the image is then loaded by its id.
 */
function repoTags(name: string): string[] {
  try {
    const [named = ""] = name.split("@");
    return [parseImageRef(named).tag === undefined ? `${named}:latest` : named];
  } catch {
    return [];
  }
}

/**
 * An OCI image layout: a directory of blobs by digest and an index of the images in it. Blobs are written beside their
 * place and renamed, the index last, so a writer that is killed leaves the images that were there.
 *
 * @module
 */
import { createHash, randomUUID } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { link, mkdir, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { BentoError } from "../core/bento-error.ts";
import { canonicalJson } from "../core/canonical-json.ts";
import { type Digest, digestHex, digestOf } from "../core/digest.ts";
import { type ByteStream, collect, streamOf } from "./chunks.ts";
import { withFileLock } from "./file-lock.ts";
import type { FileStamps } from "./file-stamps.ts";
import { sweepLeftovers } from "./leftovers.ts";
import { type Descriptor, ImageIndex, parseDocument } from "./manifest.ts";
import { OCI_INDEX } from "./media-type.ts";
import { replaceFile } from "./replace-file.ts";
import { type ExpectedContent, verified } from "./verified.ts";

/** Registries cap documents at 4 MiB. */
export const DOCUMENT_LIMIT_BYTES = 4 * 1024 * 1024;

/** Annotation that names an image within a layout. */
export const REF_NAME = "org.opencontainers.image.ref.name";

export interface WriteBlobOptions {
  readonly signal?: AbortSignal | undefined;
}

/** Whatever keeps blobs. */
export interface BlobSink {
  /** Keeps the bytes under their digest; the same bytes again are kept once. Nothing is kept when the source fails. */
  writeBlob(source: ByteStream, options?: WriteBlobOptions): Promise<ExpectedContent>;
}

/** Where an image is read from: a layout, or what reads like one. */
export type ImageSource = Pick<OciLayout, "directory" | "readBlob" | "readDocument" | "images">;

export interface OciLayout extends BlobSink {
  readonly directory: string;
  /** Whether a blob is there, whole: it is read and compared with its digest, unless a stamp says that it was. */
  hasBlob(blob: ExpectedContent): Promise<boolean>;
  /**
   * Takes a blob of another place: shared where both are on one disk and there are stamps, else copied.
   *
   * @throws BentoError BENTO_INTEGRITY or BENTO_NOT_FOUND when it is not whole there
   */
  adoptBlob(from: ImageSource, blob: ExpectedContent, options?: WriteBlobOptions): Promise<void>;
  /** Bytes of a blob; reading fails with BENTO_INTEGRITY unless they match, with BENTO_NOT_FOUND when it is not there. */
  readBlob(blob: ExpectedContent): ByteStream;
  /** A JSON document of at most 4 MiB, verified. */
  readDocument(blob: ExpectedContent): Promise<unknown>;
  /** Writes a JSON document in its canonical form. */
  writeDocument(value: unknown, mediaType: string): Promise<Descriptor>;
  /** The images of the index, in its order. */
  images(): Promise<Descriptor[]>;
  /**
   * Enters an image into the index, in place of the one with the same name. Several processes may do so at once.
   *
   * @param name - several images need names
   * @default name none: it replaces the image without a name
   */
  setImage(image: Descriptor, name?: string): Promise<void>;
  /** What of the index is no image but attached to one. */
  attachments(): Promise<Descriptor[]>;
  /** Enters attachments into the index, each once. Several processes may do so at once. */
  addAttachments(attachments: readonly Descriptor[]): Promise<void>;
}

export interface LayoutOptions {
  /**
   * Knows blobs that were read before.
   *
   * @default none: each blob is read when it is asked for
   */
  readonly stamps?: FileStamps | undefined;
}

/**
 * Opens a layout, made first when the directory has none. What killed writers left in it a day ago is removed.
 *
 * @throws BentoError BENTO_CONFLICT when a file of somebody else's is in the way; BENTO_IO when the disk refuses
 */
export async function createLayout(
  directory: string,
  options: LayoutOptions = {},
): Promise<OciLayout> {
  const blobs = join(directory, "blobs", "sha256");
  const marker = join(directory, "oci-layout");
  if (!(await exists(marker)) && (await holdsOtherIndex(directory))) {
    throw new BentoError("BENTO_CONFLICT", "there is an index.json that is no image layout's", {
      where: directory,
      hint: "name another directory, or move that file away",
    });
  }
  try {
    await mkdir(blobs, { recursive: true });
    if (!(await exists(marker))) {
      await replaceFile(join(directory, "index.json"), formatIndex([]));
      await replaceFile(marker, '{"imageLayoutVersion":"1.0.0"}');
    }
    await sweepLeftovers([directory, blobs]);
  } catch (error) {
    throw new BentoError("BENTO_IO", "cannot write an image layout", {
      where: directory,
      hint: "name a directory that can be written and has space",
      cause: error,
    });
  }
  return layoutAt(directory, options);
}

/**
 * Opens a layout that is there.
 *
 * @throws BentoError BENTO_NOT_FOUND when the directory is none
 */
export async function openLayout(
  directory: string,
  options: LayoutOptions = {},
): Promise<OciLayout> {
  if (!(await exists(join(directory, "oci-layout")))) {
    throw new BentoError("BENTO_NOT_FOUND", `no image layout in ${JSON.stringify(directory)}`, {
      where: directory,
      hint: "name a directory with the files oci-layout and index.json",
    });
  }
  return layoutAt(directory, options);
}

/** The descriptor of a JSON document as `writeDocument` writes it. */
export function documentDescriptor(value: unknown, mediaType: string): Descriptor {
  const bytes = Buffer.from(canonicalJson(value));
  return { mediaType, digest: digestOf(bytes), size: bytes.length };
}

/** Path of a blob within a layout. */
export function blobPath(digest: Digest): string {
  return `blobs/sha256/${digestHex(digest)}`;
}

/** An index of images, as index.json holds it: the same images give the same bytes. */
export function formatIndex(images: readonly Descriptor[]): string {
  return canonicalJson({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: images });
}

function layoutAt(directory: string, { stamps }: LayoutOptions): OciLayout {
  const place = (digest: Digest) => join(directory, blobPath(digest));
  const readBlob = (blob: ExpectedContent) =>
    verified(openBlob(place(blob.digest)), blob, place(blob.digest));
  const writeBlob = async (source: ByteStream, options: WriteBlobOptions = {}) => {
    const blob = await storeBlob(directory, source, options.signal);
    await stamps?.note(place(blob.digest), blob);
    return blob;
  };
  const indexPath = join(directory, "index.json");
  const updateIndex = (change: (entries: Descriptor[]) => Descriptor[]) =>
    withFileLock(`${indexPath}.lock`, async () =>
      replaceFile(indexPath, formatIndex(change(await readIndex(indexPath)).sort(byName))),
    );
  return {
    directory,
    async hasBlob(blob) {
      const path = place(blob.digest);
      if ((await sizeOf(path)) !== blob.size) {
        return false;
      }
      if (await stamps?.isKnown(path, blob)) {
        return true;
      }
      const isThere = await isWhole(readBlob(blob));
      if (isThere) {
        await stamps?.note(path, blob);
      }
      return isThere;
    },
    readBlob,
    writeBlob,
    async adoptBlob(from, blob, options) {
      const path = place(blob.digest);
      const source = join(from.directory, blobPath(blob.digest));
      const isShared = stamps !== undefined && (await shareBlob(source, path, { blob, stamps }));
      if (!isShared) {
        await writeBlob(from.readBlob(blob), options);
      }
    },
    async readDocument(blob) {
      const where = place(blob.digest);
      return parseJson(await collect(readBlob(blob), DOCUMENT_LIMIT_BYTES, where), where);
    },
    async writeDocument(value, mediaType) {
      await writeBlob(streamOf(Buffer.from(canonicalJson(value))));
      return documentDescriptor(value, mediaType);
    },
    images: async () => (await readIndex(indexPath)).filter((entry) => !isAttachment(entry)),
    setImage: (image, name) => updateIndex((entries) => withImage(entries, image, name)),
    attachments: async () => (await readIndex(indexPath)).filter(isAttachment),
    addAttachments: (attachments) =>
      updateIndex((entries) => [
        ...entries.filter((entry) => attachments.every(({ digest }) => digest !== entry.digest)),
        ...attachments,
      ]),
  };
}

/** Ours is empty until the marker stands: a maker that was killed in between leaves no other. */
async function holdsOtherIndex(directory: string): Promise<boolean> {
  const text = await readFile(join(directory, "index.json"), "utf8").catch(() => undefined);
  return text !== undefined && text !== formatIndex([]);
}

function isAttachment(entry: Descriptor): boolean {
  return entry.artifactType !== undefined;
}

async function readIndex(path: string): Promise<Descriptor[]> {
  return parseDocument(ImageIndex, parseJson(await readFile(path), path), path).manifests;
}

function withImage(
  images: readonly Descriptor[],
  image: Descriptor,
  name: string | undefined,
): Descriptor[] {
  const { annotations: given, ...bare } = image;
  const { [REF_NAME]: _old, ...annotations } = given ?? {};
  if (name !== undefined) {
    annotations[REF_NAME] = name;
  }
  const entry = Object.keys(annotations).length === 0 ? bare : { ...bare, annotations };
  const others = images.filter(
    (item) => isAttachment(item) || item.annotations?.[REF_NAME] !== name,
  );
  return [...others, entry];
}

interface StampedBlob {
  readonly blob: ExpectedContent;
  readonly stamps: FileStamps;
}

/** A second name for another layout's blob; false where the disk has none, or the blob is not whole. */
async function shareBlob(
  source: string,
  path: string,
  { blob, stamps }: StampedBlob,
): Promise<boolean> {
  const temporary = `${dirname(path)}/.${randomUUID()}.tmp`;
  try {
    await link(source, temporary);
    const isKnown = await stamps.isKnown(source, blob);
    if (!isKnown && !(await isWhole(verified(openBlob(temporary), blob, source)))) {
      return false;
    }
    await rename(temporary, path);
    await stamps.note(source, blob);
    await stamps.note(path, blob);
    return true;
  } catch {
    return false; // another disk, one without links, or no disk at all
  } finally {
    await rm(temporary, { force: true });
  }
}

async function isWhole(verifiedBytes: ByteStream): Promise<boolean> {
  try {
    for await (const _ of verifiedBytes) {
      // reading is the check
    }
    return true;
  } catch {
    return false; // damaged: written anew
  }
}

async function storeBlob(
  directory: string,
  source: ByteStream,
  signal: AbortSignal | undefined,
): Promise<ExpectedContent> {
  const hash = createHash("sha256");
  let size = 0;
  const temporary = join(directory, "blobs", "sha256", `.${randomUUID()}.tmp`);
  try {
    await pipeline(
      source,
      async function* hashed(chunks: ByteStream) {
        for await (const chunk of chunks) {
          hash.update(chunk);
          size += chunk.length;
          yield chunk;
        }
      },
      createWriteStream(temporary, { flags: "wx", flush: true }),
      signal === undefined ? {} : { signal },
    );
    const digest: Digest = `sha256:${hash.digest("hex")}`;
    const path = join(directory, blobPath(digest));
    // also over a blob that is there: it may be damaged
    await rename(temporary, path);
    return { digest, size };
  } catch (error) {
    throw blobError(error, directory);
  } finally {
    await rm(temporary, { force: true });
  }
}

/** A write that fails knows neither its file nor its disk. */
function blobError(error: unknown, directory: string): unknown {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return error instanceof Error && ["ENOSPC", "EDQUOT", "EFBIG"].includes(code)
    ? new BentoError("BENTO_IO", `cannot keep a blob of the image: ${error.message}`, {
        where: directory,
        hint: "make room on that disk, then do the same again: what is there already stays",
        cause: error,
      })
    : error;
}

async function* openBlob(path: string): AsyncGenerator<Uint8Array> {
  if (!(await exists(path))) {
    throw new BentoError("BENTO_NOT_FOUND", "the layout lacks a blob that it names", {
      where: path,
    });
  }
  yield* createReadStream(path, { highWaterMark: 1024 * 1024 });
}

function parseJson(bytes: Buffer, where: string): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch (error) {
    throw new BentoError("BENTO_INTEGRITY", "not a JSON document", { where, cause: error });
  }
}

/** Images by name, then attachments by digest: the same entries give the same index. */
function byName(a: Descriptor, b: Descriptor): number {
  const [one, other] = [sortKey(a), sortKey(b)];
  return one < other ? -1 : one > other ? 1 : 0;
}

function sortKey(entry: Descriptor): string {
  return isAttachment(entry) ? `~${entry.digest}` : (entry.annotations?.[REF_NAME] ?? "");
}

async function sizeOf(path: string): Promise<number | undefined> {
  return (await stat(path).catch(() => undefined))?.size;
}

async function exists(path: string): Promise<boolean> {
  return (await sizeOf(path)) !== undefined;
}

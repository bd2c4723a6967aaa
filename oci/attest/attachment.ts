/**
 * Documents attached to an image: manifests of their own that name the image as their subject. The image's digest does
 * not change; who has the image finds them by it. Where they are kept is behind one small port.
 *
 * @module
 */
import { BentoError } from "../../core/bento-error.ts";
import { canonicalJson } from "../../core/canonical-json.ts";
import { type Digest, digestOf } from "../../core/digest.ts";
import { type ByteStream, collect } from "../chunks.ts";
import { type Descriptor, ImageManifest, parseDocument } from "../manifest.ts";
import { OCI_MANIFEST } from "../media-type.ts";

/** Keeps attachments beside images: a layout, or a repository of a registry. */
export interface AttachmentStore {
  /** What it is, for messages. */
  readonly where: string;
  /** What is attached to an image, with artifact types and annotations, sorted by digest. */
  list(subject: Digest): Promise<Descriptor[]>;
  /** A manifest's bytes, as its digest says. @throws BentoError BENTO_NOT_FOUND, BENTO_INTEGRITY */
  readManifest(descriptor: Descriptor): Promise<Buffer>;
  /** A blob's bytes, as its digest says. */
  readBlob(descriptor: Descriptor): ByteStream;
  /** Keeps attachments, blobs first; the same ones again change nothing. Several may attach at once, none is lost. */
  attach(subject: Digest, packed: readonly PackedAttachment[]): Promise<void>;
}

/** A document to attach. */
export interface Attachment {
  /** What kind of thing it is. */
  readonly artifactType: string;
  readonly content: Uint8Array;
  /** Media type of the content. @default artifactType */
  readonly mediaType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** An attachment as it is kept. */
export interface PackedAttachment {
  readonly manifest: Buffer;
  /** Of the manifest, with artifact type and annotations. */
  readonly descriptor: Descriptor;
  readonly blobs: readonly { readonly digest: Digest; readonly bytes: Uint8Array }[];
}

/** Most bytes of one document. */
const CONTENT_LIMIT_BYTES = 32 * 1024 * 1024;

const EMPTY = Buffer.from("{}");
const EMPTY_TYPE = "application/vnd.oci.empty.v1+json";

/** Makes the manifest of an attachment: the same document and image give the same digest. Pure. */
export function packAttachment(subject: Descriptor, attachment: Attachment): PackedAttachment {
  const { artifactType, content, mediaType = artifactType, annotations } = attachment;
  const about = annotations === undefined ? {} : { annotations: { ...annotations } };
  const manifest = Buffer.from(
    canonicalJson({
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      artifactType,
      config: { mediaType: EMPTY_TYPE, digest: digestOf(EMPTY), size: EMPTY.length },
      layers: [{ mediaType, digest: digestOf(content), size: content.length }],
      subject: { mediaType: subject.mediaType, digest: subject.digest, size: subject.size },
      ...about,
    }),
  );
  return {
    manifest,
    descriptor: {
      mediaType: OCI_MANIFEST,
      digest: digestOf(manifest),
      size: manifest.length,
      artifactType,
      ...about,
    },
    blobs: [EMPTY, content].map((bytes) => ({ digest: digestOf(bytes), bytes })),
  };
}

/** Attaches documents to an image, in one go. @returns the attachments' manifests, in the same order */
export async function attach(
  store: AttachmentStore,
  subject: Descriptor,
  attachments: readonly Attachment[],
): Promise<Descriptor[]> {
  const packed = attachments.map((one) => packAttachment(subject, one));
  if (packed.length > 0) {
    await store.attach(subject.digest, packed);
  }
  return packed.map(({ descriptor }) => descriptor);
}

/**
 * Reads an attached document.
 *
 * @throws BentoError BENTO_INTEGRITY when its bytes are not what it says, or it is another image's
 */
export async function readAttachment(
  store: AttachmentStore,
  subject: Digest,
  descriptor: Descriptor,
): Promise<Buffer> {
  const where = `${store.where}@${descriptor.digest}`;
  const manifest = await attachedManifest(store, descriptor);
  if (manifest.subject?.digest !== subject) {
    throw new BentoError("BENTO_INTEGRITY", `not attached to ${subject}`, { where });
  }
  const [content] = manifest.layers;
  if (content === undefined || manifest.layers.length > 1) {
    throw new BentoError("BENTO_INTEGRITY", `expected one blob, got ${manifest.layers.length}`, {
      where,
    });
  }
  return collect(store.readBlob(content), CONTENT_LIMIT_BYTES, where);
}

/**
 * Copies all attachments of an image to where the image went; what is there already stays.
 *
 * @returns how many there are
 * @throws BentoError BENTO_INTEGRITY when one is damaged
 */
export async function copyAttachments(
  from: AttachmentStore,
  to: AttachmentStore,
  subject: Digest,
): Promise<number> {
  const all = await from.list(subject);
  if (all.length === 0) {
    return 0;
  }
  const there = new Set((await to.list(subject)).map(({ digest }) => digest));
  const packed: PackedAttachment[] = [];
  for (const descriptor of all.filter(({ digest }) => !there.has(digest))) {
    packed.push(await readPacked(from, descriptor));
  }
  if (packed.length > 0) {
    await to.attach(subject, packed);
  }
  return all.length;
}

async function readPacked(
  store: AttachmentStore,
  descriptor: Descriptor,
): Promise<PackedAttachment> {
  const manifest = await store.readManifest(descriptor);
  const { config, layers } = await attachedManifest(store, descriptor);
  const blobs = [];
  for (const blob of [config, ...layers]) {
    const bytes = await collect(store.readBlob(blob), CONTENT_LIMIT_BYTES, store.where);
    blobs.push({ digest: blob.digest, bytes });
  }
  return { manifest, descriptor, blobs };
}

async function attachedManifest(
  store: AttachmentStore,
  descriptor: Descriptor,
): Promise<ImageManifest> {
  const where = `${store.where}@${descriptor.digest}`;
  const bytes = await store.readManifest(descriptor);
  try {
    return parseDocument(ImageManifest, JSON.parse(bytes.toString("utf8")), where);
  } catch (cause) {
    throw BentoError.isInstance(cause)
      ? cause
      : new BentoError("BENTO_INTEGRITY", "not a JSON document", { where, cause });
  }
}

/** By digest, so that lists have one order wherever they come from. */
export function byDigest(a: Descriptor, b: Descriptor): number {
  return a.digest < b.digest ? -1 : a.digest > b.digest ? 1 : 0;
}

/**
 * Attachments in a registry. One that knows the referrers API keeps the list itself. For others the list is an index
 * under the tag `sha256-<hex>`, which readers know and which cannot be written conditionally; so each attachment also
 * has a tag of its own, written before the index is read. Whoever writes the index then looks again at the tags, and
 * repeats until it holds them all: the last writer sees every attachment that was tagged before, and none is lost.
 *
 * @module
 */
import { BentoError } from "../../core/bento-error.ts";
import { canonicalJson } from "../../core/canonical-json.ts";
import { type Digest, digestHex, digestOf } from "../../core/digest.ts";
import { formatImageRef } from "../../core/image-ref.ts";
import { type ByteStream, streamOf } from "../chunks.ts";
import { type Descriptor, ImageIndex, ImageManifest, parseDocument } from "../manifest.ts";
import { OCI_INDEX, OCI_MANIFEST } from "../media-type.ts";
import type { RegistryClient } from "../registry/client.ts";
import { type AttachmentStore, byDigest, type PackedAttachment } from "./attachment.ts";

/** A manifest as a registry holds it. */
export interface FetchedManifest {
  readonly mediaType: string;
  readonly bytes: Buffer;
}

/** What is needed of a registry, for one repository. */
export interface RegistryPort {
  /** The repository, for messages. */
  readonly where: string;
  /** By tag or digest; undefined where there is none. */
  getManifest(reference: string): Promise<FetchedManifest | undefined>;
  /** Under a tag or its digest. Tells whether the registry keeps the list of the subject's referrers itself. */
  putManifest(
    reference: string,
    manifest: FetchedManifest,
  ): Promise<{ readonly isSubjectKnown: boolean }>;
  readBlob(descriptor: Descriptor): ByteStream;
  /** Uploads what is not there yet. */
  writeBlob(digest: Digest, bytes: Uint8Array): Promise<void>;
  /** The referrers API's answer, all pages; undefined where the registry has no such API. */
  referrers(subject: Digest): Promise<Descriptor[] | undefined>;
  /** All tags of the repository; undefined where they may not be listed. */
  tags(): Promise<string[] | undefined>;
}

/** The port over a client that may write, or only read. */
export function registryPort(client: RegistryClient): RegistryPort {
  const where = formatImageRef(client.ref);
  return {
    where,
    async getManifest(reference) {
      try {
        const { descriptor, bytes } = await client.manifests.get(reference);
        return { mediaType: descriptor.mediaType, bytes };
      } catch (error) {
        if (BentoError.isInstance(error) && error.code === "BENTO_NOT_FOUND") {
          return undefined;
        }
        throw error;
      }
    },
    async putManifest(reference, manifest) {
      const { subject } = await client.manifests.put(reference, manifest);
      return { isSubjectKnown: subject !== undefined };
    },
    readBlob: (descriptor) => client.blobs.get(descriptor),
    async writeBlob(digest, bytes) {
      await client.blobs.put({ digest, size: bytes.length, open: () => streamOf(bytes) });
    },
    async referrers(subject) {
      const found = await client.referrers(subject);
      return found === undefined
        ? undefined
        : parseDocument(ImageIndex, parseJson(found.bytes, where), where).manifests;
    },
    tags: () => client.tags(),
  };
}

/** How often the list is written anew because others wrote it at the same time. */
const ATTEMPTS = 20;

/** The attachments of images in a repository. */
export function registryAttachments(registry: RegistryPort): AttachmentStore {
  return {
    where: registry.where,
    async list(subject) {
      const known = await registry.referrers(subject);
      return (known ?? (await fallbackList(registry, subject)) ?? []).sort(byDigest);
    },
    async readManifest(descriptor) {
      const found = await registry.getManifest(descriptor.digest);
      if (found === undefined || digestOf(found.bytes) !== descriptor.digest) {
        throw new BentoError("BENTO_INTEGRITY", "an attachment is listed and not there", {
          where: `${registry.where}@${descriptor.digest}`,
          hint: "attach it again",
        });
      }
      return found.bytes;
    },
    readBlob: (descriptor) => registry.readBlob(descriptor),
    async attach(subject, packed) {
      for (const { digest, bytes } of packed.blobs) {
        await registry.writeBlob(digest, bytes);
      }
      const manifest = { mediaType: OCI_MANIFEST, bytes: packed.manifest };
      const { isSubjectKnown } = await registry.putManifest(packed.descriptor.digest, manifest);
      if (!isSubjectKnown) {
        await registry.putManifest(ownTag(subject, packed.descriptor.digest), manifest);
        await enterIntoList(registry, subject, packed);
      }
    },
  };
}

/** The tag under which readers look for the list of what is attached to an image. */
export function fallbackTag(subject: Digest): string {
  return `sha256-${digestHex(subject)}`;
}

function ownTag(subject: Digest, attachment: Digest): string {
  return `${fallbackTag(subject)}.${digestHex(attachment).slice(0, 16)}`;
}

async function enterIntoList(
  registry: RegistryPort,
  subject: Digest,
  { descriptor }: PackedAttachment,
): Promise<void> {
  let wanted = [descriptor];
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const listed = (await fallbackList(registry, subject)) ?? [];
    const missing = wanted.filter(({ digest }) => !listed.some((one) => one.digest === digest));
    if (missing.length > 0) {
      await writeList(registry, subject, [...listed, ...missing]);
    }
    // others' too: they may have been overwritten just now
    const now = (await fallbackList(registry, subject)) ?? [];
    const others = await taggedNotIn(registry, subject, now);
    wanted = [descriptor, ...others.filter(({ digest }) => digest !== descriptor.digest)];
    if (wanted.every(({ digest }) => now.some((one) => one.digest === digest))) {
      return;
    }
  }
  throw new BentoError("BENTO_CONFLICT", "others keep writing the list of attachments", {
    where: `${registry.where}:${fallbackTag(subject)}`,
    hint: "run it again; what was uploaded stays",
  });
}

async function writeList(
  registry: RegistryPort,
  subject: Digest,
  manifests: readonly Descriptor[],
): Promise<void> {
  const index = {
    schemaVersion: 2,
    mediaType: OCI_INDEX,
    manifests: [...manifests].sort(byDigest),
  };
  const bytes = Buffer.from(canonicalJson(index));
  await registry.putManifest(fallbackTag(subject), { mediaType: OCI_INDEX, bytes });
}

async function fallbackList(
  registry: RegistryPort,
  subject: Digest,
): Promise<Descriptor[] | undefined> {
  const tag = fallbackTag(subject);
  const found = await registry.getManifest(tag);
  const where = `${registry.where}:${tag}`;
  return found === undefined
    ? undefined
    : parseDocument(ImageIndex, parseJson(found.bytes, where), where).manifests;
}

/** Attachments that have a tag of their own and are not in a list. */
async function taggedNotIn(
  registry: RegistryPort,
  subject: Digest,
  listed: readonly Descriptor[],
): Promise<Descriptor[]> {
  const prefix = `${fallbackTag(subject)}.`;
  const known = new Set(listed.map(({ digest }) => ownTag(subject, digest)));
  const tags = (await registry.tags()) ?? [];
  const found: Descriptor[] = [];
  for (const tag of tags.filter((one) => one.startsWith(prefix) && !known.has(one))) {
    const manifest = await registry.getManifest(tag);
    const descriptor = manifest === undefined ? undefined : descriptorOf(manifest, subject);
    if (descriptor !== undefined) {
      found.push(descriptor);
    }
  }
  return found;
}

/** Undefined for what somebody else keeps under such a tag, as cosign does. */
function descriptorOf(
  { bytes, mediaType }: FetchedManifest,
  subject: Digest,
): Descriptor | undefined {
  const manifest = ImageManifest.safeParse(parseQuietly(bytes)).data;
  if (manifest?.subject?.digest !== subject || manifest.artifactType === undefined) {
    return undefined;
  }
  const { artifactType, annotations } = manifest;
  return {
    mediaType,
    digest: digestOf(bytes),
    size: bytes.length,
    artifactType,
    ...(annotations === undefined ? {} : { annotations }),
  };
}

function parseQuietly(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    return undefined;
  }
}

function parseJson(bytes: Buffer, where: string): unknown {
  const value = parseQuietly(bytes);
  if (value === undefined) {
    throw new BentoError("BENTO_INTEGRITY", "not a JSON document", { where });
  }
  return value;
}

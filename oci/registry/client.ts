/**
 * One repository of a registry by the distribution specification: documents and blobs, read and written. What is read is
 * verified by length and digest, and so is what the registry says that it keeps.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { BentoError } from "../../core/bento-error.ts";
import { type Digest, digestOf, isDigest } from "../../core/digest.ts";
import { formatImageRef, type ImageRef } from "../../core/image-ref.ts";
import { type ByteStream, collect, streamOf } from "../chunks.ts";
import { DOCUMENT_LIMIT_BYTES } from "../layout.ts";
import type { Descriptor } from "../manifest.ts";
import { INDEX_TYPES, MANIFEST_TYPES } from "../media-type.ts";
import { type ExpectedContent, verified } from "../verified.ts";
import { show } from "./hop.ts";
import { listReferrers, listTags } from "./listings.ts";
import { retrying } from "./retry.ts";
import { createSession, type RegistryOptions, type Session } from "./session.ts";
import type { Reply } from "./transport.ts";
import {
  blobSize,
  type UploadOptions,
  type UploadOutcome,
  type UploadSource,
  uploadBlob,
  uploadStream,
} from "./upload-blob.ts";

/** A manifest or index as the registry holds it. */
export interface FetchedDocument {
  readonly descriptor: Descriptor;
  readonly bytes: Buffer;
}

/** A manifest or index to be kept. */
export interface DocumentToPut {
  readonly mediaType: string;
  /** At most 4 MiB; kept byte for byte. */
  readonly bytes: Uint8Array;
}

export interface PutDocument {
  readonly descriptor: Descriptor;
  /**
   * The digest in `OCI-Subject`: the registry lists this document among the referrers of its subject by itself.
   * Undefined when it does not, and a fallback tag is needed.
   */
  readonly subject: Digest | undefined;
}

/** Manifests and indexes of a repository; a reference is a tag or a digest. */
export interface ManifestClient {
  /** @returns undefined when there is none */
  head(reference: string): Promise<Descriptor | undefined>;
  /** @throws BentoError BENTO_NOT_FOUND, BENTO_UNREACHABLE, BENTO_INTEGRITY */
  get(reference: string): Promise<FetchedDocument>;
  /**
   * @param reference - a tag, which is moved, or the digest of the bytes
   * @throws BentoError BENTO_INTEGRITY when the registry keeps something else; others as for blobs
   */
  put(reference: string, document: DocumentToPut): Promise<PutDocument>;
}

export interface BlobClient {
  has(blob: ExpectedContent): Promise<boolean>;
  /**
   * A blob's bytes; the stream fails with BENTO_INTEGRITY unless they match, BENTO_UNREACHABLE when it breaks off. Not
   * repeated: whoever keeps the bytes begins anew.
   */
  get(blob: ExpectedContent): ByteStream;
  /** All bytes of a blob of at most 4 MiB, verified and asked for again when they break off. */
  read(blob: ExpectedContent): Promise<Buffer>;
  /** Sends what is not there; see {@link uploadBlob}. */
  put(blob: UploadSource, options?: UploadOptions): Promise<UploadOutcome>;
  /** Sends bytes of unknown digest, once; see {@link uploadStream} for who takes it. */
  putStream(source: ByteStream): Promise<ExpectedContent>;
}

export interface RegistryClient {
  readonly ref: Pick<ImageRef, "registry" | "repository">;
  readonly manifests: ManifestClient;
  readonly blobs: BlobClient;
  /** What refers to a digest, as `/referrers/` lists it; undefined when the registry has no such list. */
  referrers(digest: Digest): Promise<Descriptor[] | undefined>;
  /** All tags of the repository; undefined when the registry does not list them. */
  tags(): Promise<string[] | undefined>;
}

export interface RegistryClientOptions extends RegistryOptions {
  /** What the account is asked to allow. @default "pull" */
  readonly access?: "pull" | "push" | undefined;
}

/** A client for the repository that a reference names. */
export function createRegistryClient(
  ref: Pick<ImageRef, "registry" | "repository">,
  options: RegistryClientOptions = {},
): RegistryClient {
  const session = createSession(ref, { ...options, access: options.access ?? "pull" });
  return {
    ref: session.ref,
    manifests: manifestClient(session),
    blobs: blobClient(session),
    referrers: (digest) => listReferrers(session, digest),
    tags: () => listTags(session),
  };
}

const DOCUMENTS = [...INDEX_TYPES, ...MANIFEST_TYPES].join(", ");

function manifestClient(session: Session): ManifestClient {
  return {
    head: (reference) => headDocument(session, reference),
    get: (reference) => getDocument(session, reference),
    put: (reference, document) => putDocument(session, reference, document),
  };
}

async function getDocument(session: Session, reference: string): Promise<FetchedDocument> {
  const headers = { accept: DOCUMENTS };
  const request = { method: "GET", to: `manifests/${reference}`, headers } as const;
  const document = await retrying(session.options, async () =>
    readReply(session, await session.ask({ ...request, expect: [200], isRepeated: false })),
  );
  checkReference(session, reference, document.descriptor.digest);
  return document;
}

async function headDocument(session: Session, reference: string): Promise<Descriptor | undefined> {
  const headers = { accept: DOCUMENTS };
  const to = `manifests/${reference}`;
  const reply = await session.ask({ method: "HEAD", to, headers, expect: [200, 404] });
  reply.discard();
  if (reply.status === 404) {
    return undefined;
  }
  const digest = reply.headers["docker-content-digest"];
  const size = Number(reply.headers["content-length"] ?? Number.NaN);
  if (typeof digest !== "string" || !isDigest(digest) || !Number.isSafeInteger(size)) {
    return (await getDocument(session, reference)).descriptor; // an answer without the facts
  }
  checkReference(session, reference, digest);
  return { mediaType: mediaTypeOf(reply), digest, size };
}

async function putDocument(
  session: Session,
  reference: string,
  { mediaType, bytes }: DocumentToPut,
): Promise<PutDocument> {
  const digest = digestOf(bytes);
  const where = describe(session, reference);
  if (bytes.length > DOCUMENT_LIMIT_BYTES) {
    const message = `a manifest of ${bytes.length} bytes, registries take ${DOCUMENT_LIMIT_BYTES}`;
    throw new BentoError("BENTO_INVALID_INPUT", message, { where });
  }
  checkReference(session, reference, digest);
  const reply = await session.ask({
    method: "PUT",
    to: `manifests/${reference}`,
    headers: { "content-type": mediaType },
    body: { size: bytes.length, open: () => streamOf(bytes) },
    expect: [200, 201, 202, 204],
  });
  reply.discard();
  const kept = reply.headers["docker-content-digest"];
  if (typeof kept === "string" && isDigest(kept)) {
    checkSame(kept, digest, where);
  }
  const subject = reply.headers["oci-subject"];
  return {
    descriptor: { mediaType, digest, size: bytes.length },
    subject: typeof subject === "string" && isDigest(subject) ? subject : undefined,
  };
}

/** What is asked for by digest must have it. */
function checkReference(session: Session, reference: string, digest: Digest): void {
  if (isDigest(reference)) {
    checkSame(digest, reference, describe(session, reference));
  }
}

function blobClient(session: Session): BlobClient {
  async function* get(blob: ExpectedContent): AsyncGenerator<Uint8Array> {
    const to = `blobs/${blob.digest}`;
    const reply = await session.ask({ method: "GET", to, expect: [200], isRepeated: false });
    yield* verified(reply.body, blob, describe(session, blob.digest));
  }
  return {
    has: async ({ digest, size }) => (await blobSize(session, digest)) === size,
    get,
    read: (blob) =>
      retrying(session.options, () =>
        collect(get(blob), DOCUMENT_LIMIT_BYTES, describe(session, blob.digest)),
      ),
    put: (blob, options) => uploadBlob(session, blob, options),
    async putStream(source) {
      const hash = createHash("sha256");
      let size = 0;
      async function* hashed(): AsyncGenerator<Uint8Array> {
        for await (const chunk of source) {
          hash.update(chunk);
          size += chunk.length;
          yield chunk;
        }
      }
      let digest: Digest = "sha256:";
      await uploadStream(session, hashed(), () => {
        digest = `sha256:${hash.digest("hex")}`;
        return digest;
      });
      return { digest, size };
    },
  };
}

async function readReply(session: Session, reply: Reply): Promise<FetchedDocument> {
  const bytes = await collect(reply.body, DOCUMENT_LIMIT_BYTES, show(reply.url));
  const descriptor = { mediaType: mediaTypeOf(reply), digest: digestOf(bytes), size: bytes.length };
  const said = reply.headers["docker-content-digest"];
  if (typeof said === "string" && isDigest(said)) {
    checkSame(descriptor.digest, said, formatImageRef(session.ref));
  }
  return { descriptor, bytes };
}

function mediaTypeOf(reply: Reply): string {
  return reply.headers["content-type"]?.split(";")[0]?.trim() ?? "";
}

function describe(session: Session, reference: string): string {
  return `${formatImageRef(session.ref)}, ${reference}`;
}

function checkSame(got: Digest, expected: Digest, where: string): void {
  if (got !== expected) {
    throw new BentoError("BENTO_INTEGRITY", `expected ${expected}, got ${got}`, {
      where,
      hint: "the bytes were cut short or changed; fetch or push them again",
    });
  }
}

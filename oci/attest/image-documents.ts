/**
 * The documents about an image, as they are attached: its SBOM and its provenance plain, and statements that a key
 * signed over them and over the image itself.
 *
 * @module
 */
import type { KeyObject } from "node:crypto";
import { BentoError } from "../../core/bento-error.ts";
import type { Digest } from "../../core/digest.ts";
import type { Descriptor } from "../manifest.ts";
import { type Attachment, type AttachmentStore, attach, readAttachment } from "./attachment.ts";
import { isSameBuild, Provenance } from "./provenance.ts";
import { SBOM_TYPE } from "./sbom.ts";
import { BUNDLE_TYPE, type OpenedBundle, openBundle } from "./sigstore-bundle.ts";
import { PREDICATES, STATEMENT_TYPE, Statement, statementBytes, statementOf } from "./statement.ts";

/** Kinds of statements about an image. */
export type StatementKind = keyof typeof PREDICATES;

/** On bundles: what is signed in them, so that readers need not open each. */
const PREDICATE_ANNOTATION = "dev.sigstore.bundle.predicateType";

export interface ImageDocumentsText {
  /** From `writeSbom`. */
  readonly sbom: Uint8Array;
  readonly provenance: Provenance;
}

/**
 * Attaches an image's SBOM and provenance. A provenance of the same build that is there already stays the only one: it
 * tells when the image was made first.
 */
export async function attachDocuments(
  store: AttachmentStore,
  image: Descriptor,
  { sbom, provenance }: ImageDocumentsText,
): Promise<void> {
  const known = await readStatements(store, image.digest);
  const isKnown = known.some(({ predicate }) => {
    const other = Provenance.safeParse(predicate).data;
    return other !== undefined && isSameBuild(other, provenance);
  });
  const statement = statementOf(image.digest, PREDICATES.provenance, provenance);
  const attachment = {
    artifactType: STATEMENT_TYPE,
    content: statementBytes(statement),
    annotations: { "in-toto.io/predicate-type": PREDICATES.provenance },
  };
  await attach(store, image, [
    { artifactType: SBOM_TYPE, content: sbom },
    ...(isKnown ? [] : [attachment]),
  ]);
}

/** A signed statement as it is attached. */
export function bundleAttachment(bytes: Uint8Array, predicateType: string): Attachment {
  return {
    artifactType: BUNDLE_TYPE,
    content: bytes,
    annotations: {
      "dev.sigstore.bundle.content": "dsse-envelope",
      [PREDICATE_ANNOTATION]: predicateType,
    },
  };
}

/** The SBOMs that are attached plain: one, unless other releases of this toolkit made the same image too. */
export function readSboms(store: AttachmentStore, subject: Digest): Promise<Buffer[]> {
  return readAll(store, subject, SBOM_TYPE);
}

/** The statements about an image that are attached plain. */
export async function readStatements(
  store: AttachmentStore,
  subject: Digest,
): Promise<Statement[]> {
  const all = await readAll(store, subject, STATEMENT_TYPE);
  return all.flatMap((bytes) => Statement.safeParse(parseJson(bytes)).data ?? []);
}

/** Bundles of one kind of statement, as a key opens them. */
export async function openBundles(
  store: AttachmentStore,
  subject: Digest,
  { kind, publicKey }: { readonly kind: StatementKind; readonly publicKey: KeyObject },
): Promise<OpenedBundle[]> {
  const all = await readAll(store, subject, BUNDLE_TYPE, (annotations) => {
    const told = annotations[PREDICATE_ANNOTATION];
    return told === undefined || told === PREDICATES[kind];
  });
  const opened = all.map((bytes) => openBundle(bytes, publicKey));
  return opened.filter((one) => !one.isValid || one.statement.predicateType === PREDICATES[kind]);
}

/** Documents of one type; those that are damaged are passed over, so that what they should say is missing. */
async function readAll(
  store: AttachmentStore,
  subject: Digest,
  artifactType: string,
  isWanted: (annotations: Readonly<Record<string, string>>) => boolean = () => true,
): Promise<Buffer[]> {
  const listed = await store.list(subject);
  const documents: Buffer[] = [];
  for (const descriptor of listed) {
    if (descriptor.artifactType === artifactType && isWanted(descriptor.annotations ?? {})) {
      const bytes = await readWhole(store, subject, descriptor);
      documents.push(...(bytes === undefined ? [] : [bytes]));
    }
  }
  return documents;
}

async function readWhole(
  store: AttachmentStore,
  subject: Digest,
  descriptor: Descriptor,
): Promise<Buffer | undefined> {
  try {
    return await readAttachment(store, subject, descriptor);
  } catch (error) {
    const isDamaged =
      BentoError.isInstance(error) &&
      ["BENTO_INTEGRITY", "BENTO_NOT_FOUND", "BENTO_INVALID_INPUT"].includes(error.code);
    if (isDamaged) {
      return undefined;
    }
    throw error;
  }
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch {
    return undefined;
  }
}

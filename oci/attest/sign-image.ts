/**
 * Signs an image and what is said of it: three statements, each over the image's digest. What the key signed before in
 * the same words is not signed again.
 *
 * @module
 */
import { BentoError } from "../../core/bento-error.ts";
import { canonicalJson } from "../../core/canonical-json.ts";
import type { Descriptor } from "../manifest.ts";
import { type Attachment, type AttachmentStore, attach } from "./attachment.ts";
import {
  bundleAttachment,
  openBundles,
  readSboms,
  readStatements,
  type StatementKind,
} from "./image-documents.ts";
import { keyHint, type Signer } from "./signing-key.ts";
import { signStatement } from "./sigstore-bundle.ts";
import { PREDICATES, type Statement, statementOf, subjectsOf } from "./statement.ts";

export interface SignImageOptions {
  readonly store: AttachmentStore;
  readonly image: Descriptor;
  readonly signer: Signer;
}

/** `exists`: signed by this key before. `absent`: there is no such document, so nothing to sign. */
export type StatementState = "signed" | "exists" | "absent";

export interface SignedImage {
  /** The public key, as bundles tell it. */
  readonly key: string;
  readonly statements: Readonly<Record<StatementKind, StatementState>>;
}

/**
 * Signs the SBOM and the provenance where they are attached, then the image. Signing vouches for what they say.
 *
 * @throws BentoError BENTO_REFUSED when the signer's signature is not of its public key; BENTO_INTEGRITY when an SBOM
 * is no JSON
 */
export async function signImage(options: SignImageOptions): Promise<SignedImage> {
  const { store, image, signer } = options;
  const statements = (await readStatements(store, image.digest)).filter(
    (one) => one.predicateType === PREDICATES.provenance && subjectsOf(one).includes(image.digest),
  );
  const wanted = {
    sbom: await sbomStatements(store, image),
    provenance: statements,
    signature: [statementOf(image.digest, PREDICATES.signature, {})],
  };
  const attachments: Attachment[] = [];
  const states: Partial<Record<StatementKind, StatementState>> = {};
  for (const kind of ["sbom", "provenance", "signature"] as const) {
    const signed = await signMissing(options, kind, wanted[kind]);
    attachments.push(...signed);
    states[kind] = stateOf(wanted[kind], signed);
  }
  await attach(store, image, attachments);
  const { sbom = "absent", provenance = "absent", signature = "absent" } = states;
  return { key: keyHint(signer.publicKey), statements: { signature, provenance, sbom } };
}

function stateOf(wanted: readonly Statement[], signed: readonly Attachment[]): StatementState {
  return wanted.length === 0 ? "absent" : signed.length === 0 ? "exists" : "signed";
}

async function sbomStatements(store: AttachmentStore, image: Descriptor): Promise<Statement[]> {
  const documents = await readSboms(store, image.digest);
  try {
    return documents.map((bytes) =>
      statementOf(image.digest, PREDICATES.sbom, JSON.parse(bytes.toString("utf8"))),
    );
  } catch (cause) {
    throw new BentoError("BENTO_INTEGRITY", "an attached SBOM is no JSON document", {
      where: `${store.where}@${image.digest}`,
      cause,
    });
  }
}

async function signMissing(
  { store, image, signer }: SignImageOptions,
  kind: StatementKind,
  statements: readonly Statement[],
): Promise<Attachment[]> {
  const { publicKey } = signer;
  const opened = await openBundles(store, image.digest, { kind, publicKey });
  const known = opened.flatMap((one) => (one.isValid ? [canonicalJson(one.statement)] : []));
  const missing = statements.filter((one) => !known.includes(canonicalJson(one)));
  return Promise.all(
    missing.map(async (statement) =>
      bundleAttachment(await signStatement(statement, signer), statement.predicateType),
    ),
  );
}

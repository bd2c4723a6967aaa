/**
 * Signs an image and what is said of it: three statements, each over the image's digest. What the key signed before in
 * the same words is not signed again.
 *
 * @module
 */
import { BentoError } from "../../core/bento-error.ts";
import { canonicalJson } from "../../core/canonical-json.ts";
import type { Descriptor } from "../manifest.ts";
import type { AttachmentStore } from "./attachment.ts";
import {
  attachBundle,
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

export interface SignedImage {
  /** The public key, as bundles tell it. */
  readonly key: string;
  /** `exists`: signed by this key before. `absent`: there is no such document, so nothing to sign. */
  readonly statements: Readonly<Record<StatementKind, "signed" | "exists" | "absent">>;
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
  const signature = statementOf(image.digest, PREDICATES.signature, {});
  return {
    key: keyHint(signer.publicKey),
    statements: {
      sbom: await signOnce(options, "sbom", await sbomStatements(store, image)),
      provenance: await signOnce(options, "provenance", statements),
      // last: who sees it sees the others
      signature: await signOnce(options, "signature", [signature]),
    },
  };
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

async function signOnce(
  { store, image, signer }: SignImageOptions,
  kind: StatementKind,
  statements: readonly Statement[],
): Promise<"signed" | "exists" | "absent"> {
  const { publicKey } = signer;
  const opened = await openBundles(store, image.digest, { kind, publicKey });
  const known = opened.flatMap((one) => (one.isValid ? [canonicalJson(one.statement)] : []));
  const missing = statements.filter((one) => !known.includes(canonicalJson(one)));
  for (const statement of missing) {
    const bytes = await signStatement(statement, signer);
    await attachBundle(store, image, { bytes, predicateType: statement.predicateType });
  }
  return statements.length === 0 ? "absent" : missing.length === 0 ? "exists" : "signed";
}

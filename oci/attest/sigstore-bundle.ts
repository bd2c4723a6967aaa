/**
 * Signed statements as Sigstore bundles, version 0.3: what cosign attaches to images and verifies with a key. Signed by
 * a key alone, without a transparency log.
 *
 * @module
 */
import { type KeyObject, verify } from "node:crypto";
import * as z from "zod";
import { BentoError } from "../../core/bento-error.ts";
import { canonicalJson } from "../../core/canonical-json.ts";
import { Envelope, preAuthEncoding } from "./dsse.ts";
import { keyHint, type Signer } from "./signing-key.ts";
import { STATEMENT_TYPE, Statement, statementBytes } from "./statement.ts";

/** Media type of a bundle, and the artifact type of what is attached. */
export const BUNDLE_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json";

const Bundle = z.object({
  mediaType: z.string().startsWith("application/vnd.dev.sigstore.bundle"),
  verificationMaterial: z.object({
    publicKey: z.object({ hint: z.string().optional() }).optional(),
  }),
  dsseEnvelope: Envelope,
});

/**
 * Signs a statement.
 *
 * @returns the bundle's bytes
 * @throws BentoError BENTO_REFUSED when the signer's signature is not of its public key
 */
export async function signStatement(statement: Statement, signer: Signer): Promise<Buffer> {
  const payload = statementBytes(statement);
  const encoded = preAuthEncoding(STATEMENT_TYPE, payload);
  const signature = await signer.sign(encoded);
  if (!verify("sha256", encoded, signer.publicKey, signature)) {
    throw new BentoError("BENTO_REFUSED", "the signer's signature does not fit its public key", {
      hint: "sign with ECDSA P-256 over SHA-256, in ASN.1 DER, by the key whose public half is given",
    });
  }
  const bundle = {
    mediaType: BUNDLE_TYPE,
    verificationMaterial: { publicKey: { hint: keyHint(signer.publicKey) }, tlogEntries: [] },
    dsseEnvelope: {
      payload: payload.toString("base64"),
      payloadType: STATEMENT_TYPE,
      signatures: [{ sig: Buffer.from(signature).toString("base64"), keyid: "" }],
    },
  };
  return Buffer.from(canonicalJson(bundle));
}

/** What a bundle turns out to be. */
export type OpenedBundle =
  | { readonly isValid: true; readonly statement: Statement }
  | { readonly isValid: false; readonly reason: string };

/**
 * Opens a bundle that was signed by a key. What it says is only told when the signature holds.
 *
 * @param bytes - as another system wrote them
 */
export function openBundle(bytes: Uint8Array, publicKey: KeyObject): OpenedBundle {
  const parsed = Bundle.safeParse(parseJson(bytes));
  if (!parsed.success) {
    return { isValid: false, reason: "not a signed statement of this kind" };
  }
  const { dsseEnvelope, verificationMaterial } = parsed.data;
  const payload = Buffer.from(dsseEnvelope.payload, "base64");
  const encoded = preAuthEncoding(dsseEnvelope.payloadType, payload);
  const isSigned = dsseEnvelope.signatures.some(({ sig }) =>
    verify("sha256", encoded, publicKey, Buffer.from(sig, "base64")),
  );
  if (!isSigned) {
    return { isValid: false, reason: whyNot(verificationMaterial.publicKey?.hint, publicKey) };
  }
  const statement = Statement.safeParse(parseJson(payload));
  return dsseEnvelope.payloadType === STATEMENT_TYPE && statement.success
    ? { isValid: true, statement: statement.data }
    : { isValid: false, reason: "what is signed is no statement" };
}

function whyNot(hint: string | undefined, publicKey: KeyObject): string {
  const ours = keyHint(publicKey);
  return hint === ours
    ? "the signature does not fit what is signed"
    : `signed by the key ${hint ?? "(none named)"}, not by ${ours}`;
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch {
    return undefined;
  }
}

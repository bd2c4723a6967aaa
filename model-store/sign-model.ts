/**
 * Signatures over models: beside a version stands, for each key, a signed statement that names the digest of its
 * manifest, and so every file by its sha256. One that does not hold counts for nothing.
 *
 * @module
 */
import type { KeyObject } from "node:crypto";
import { BentoError } from "../core/bento-error.ts";
import { type Digest, digestHex, digestOf } from "../core/digest.ts";
import type { ModelManifest } from "../core/model-manifest.ts";
import { type ExactTag, formatTag, type Tag } from "../core/tag.ts";
import { keyHint, type Signer } from "../oci/attest/signing-key.ts";
import { openBundle, signStatement } from "../oci/attest/sigstore-bundle.ts";
import { PREDICATES, statementOf, subjectsOf } from "../oci/attest/statement.ts";
import type { WaitOptions } from "./driver.ts";
import { signaturesPrefix } from "./keys.ts";
import { resolveTag } from "./resolve-tag.ts";
import type { Shelf, StoredVersion } from "./shelf.ts";

export interface SignedModel {
  readonly tag: ExactTag;
  /** What was signed: the digest of the model's manifest. */
  readonly digest: Digest;
  /** The public key, as bundles tell it. */
  readonly key: string;
  /** "exists" when the key had signed it before. */
  readonly state: "signed" | "exists";
}

type Stored = Pick<StoredVersion<ModelManifest>, "manifest" | "digest">;

/**
 * Signs the version that a tag means now.
 *
 * @throws BentoError BENTO_REFUSED when the signer's signature is not of its public key, and as resolveTag does
 */
export async function signModel(
  shelf: Shelf<ModelManifest>,
  tag: Tag,
  signer: Signer,
  options: WaitOptions = {},
): Promise<SignedModel> {
  const stored = await resolveTag(shelf, tag, options);
  const { name, version } = stored.manifest;
  const signed = {
    tag: { name, version },
    digest: stored.digest,
    key: keyHint(signer.publicKey),
  };
  if ((await whyUnsigned(shelf, stored, signer.publicKey, options)) === undefined) {
    return { ...signed, state: "exists" };
  }
  const key = signatureKey(stored, signer.publicKey);
  await shelf.driver.delete(key, options); // one that does not hold
  const statement = statementOf(stored.digest, PREDICATES.signature, {});
  const bundle = await signStatement(statement, signer);
  const state = await shelf.driver.put(key, bundle, options);
  return { ...signed, state: state === "created" ? "signed" : "exists" };
}

/**
 * @returns the key, as bundles tell it
 * @throws BentoError BENTO_REFUSED when the key's owner has not signed this very content
 */
export async function refuseUnsignedModel(
  shelf: Shelf<ModelManifest>,
  stored: Stored,
  publicKey: KeyObject,
  options: WaitOptions = {},
): Promise<string> {
  const reason = await whyUnsigned(shelf, stored, publicKey, options);
  if (reason !== undefined) {
    const tag = formatTag(stored.manifest);
    throw new BentoError("BENTO_REFUSED", `${tag} is not signed: ${reason}`, {
      where: shelf.driver.url,
      hint: `whoever vouches for it signs it: bento models sign ${tag} --key bento.key`,
    });
  }
  return keyHint(publicKey);
}

/** Copies all signatures of a version; each holds wherever it lies. */
export async function copySignatures<Manifest extends ExactTag>(
  from: Shelf<Manifest>,
  to: Shelf<Manifest>,
  { manifest, digest }: { readonly manifest: ExactTag; readonly digest: Digest },
  options: WaitOptions = {},
): Promise<void> {
  const prefix = signaturesPrefix(from.kind, manifest, digest);
  for await (const { key } of from.driver.list(prefix, options)) {
    const bundle = await from.driver.get(key, options);
    if (bundle !== undefined) {
      await to.driver.put(key, bundle, options);
    }
  }
}

async function whyUnsigned(
  { driver }: Shelf<ModelManifest>,
  stored: Stored,
  publicKey: KeyObject,
  options: WaitOptions,
): Promise<string | undefined> {
  const bytes = await driver.get(signatureKey(stored, publicKey), options);
  if (bytes === undefined) {
    return `there is no signature by the key ${keyHint(publicKey)}`;
  }
  const opened = openBundle(bytes, publicKey);
  if (!opened.isValid) {
    return opened.reason;
  }
  const { statement } = opened;
  const isOfIt =
    statement.predicateType === PREDICATES.signature &&
    subjectsOf(statement).includes(stored.digest);
  return isOfIt ? undefined : "its signature is over something else";
}

function signatureKey({ manifest, digest }: Stored, publicKey: KeyObject): string {
  const key = digestOf(publicKey.export({ type: "spki", format: "der" }));
  return `${signaturesPrefix("models", manifest, digest)}${digestHex(key)}.json`;
}

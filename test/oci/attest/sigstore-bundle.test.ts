import { bundleFromJSON } from "@sigstore/bundle";
import { toSignedEntity, toTrustMaterial, Verifier } from "@sigstore/verify";
import { describe, expect, it } from "vitest";
import { generateKeys, keyHint, parsePrivateKey } from "../../../oci/attest/signing-key.ts";
import { openBundle, signStatement } from "../../../oci/attest/sigstore-bundle.ts";
import { PREDICATES, statementOf } from "../../../oci/attest/statement.ts";
import { failureOf } from "../../support/failure.ts";

const newSigner = () => parsePrivateKey(generateKeys().privateKey, { where: "bento.key" });
const statement = statementOf(`sha256:${"a".repeat(64)}`, PREDICATES.signature, {});
const signer = newSigner();
const bytes = await signStatement(statement, signer);

/** The bundle with something in it changed. */
function changed(change: (bundle: ReturnType<typeof asBundle>) => void): Buffer {
  const bundle = asBundle();
  change(bundle);
  return Buffer.from(JSON.stringify(bundle));
}

function asBundle() {
  return JSON.parse(bytes.toString("utf8")) as {
    mediaType: string;
    verificationMaterial: { publicKey: { hint: string } };
    dsseEnvelope: { payload: string; payloadType: string; signatures: { sig: string }[] };
  };
}

describe("signStatement", () => {
  it("makes bundles that sigstore's own verifier accepts, and refuses under another key", () => {
    const trusting = (key: typeof signer) =>
      new Verifier(
        toTrustMaterial(
          {
            mediaType: "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            certificateAuthorities: [],
            ctlogs: [],
            timestampAuthorities: [],
            tlogs: [],
          },
          () => ({ publicKey: key.publicKey, validFor: () => true }),
        ),
        { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 0 },
      );
    const entity = toSignedEntity(bundleFromJSON(asBundle()));
    expect(trusting(signer).verify(entity).key.asymmetricKeyType).toBe("ec");
    expect(() => trusting(newSigner()).verify(entity)).toThrow("signature");
  });

  it("signs through a function, and refuses one that signs with another key", async () => {
    const other = newSigner();
    const remote = { publicKey: signer.publicKey, sign: (data: Uint8Array) => signer.sign(data) };
    const good = await signStatement(statement, remote);
    expect(openBundle(good, signer.publicKey).isValid).toBe(true);
    const wrong = { publicKey: signer.publicKey, sign: (data: Uint8Array) => other.sign(data) };
    expect(await failureOf(() => signStatement(statement, wrong))).toEqual({
      code: "BENTO_REFUSED",
      message: "the signer's signature does not fit its public key",
      hint: "sign with ECDSA P-256 over SHA-256, in ASN.1 DER, by the key whose public half is given",
    });
  });
});

describe("openBundle", () => {
  it("gives the statement that was signed", () => {
    expect(openBundle(bytes, signer.publicKey)).toEqual({ isValid: true, statement });
  });

  it("names both keys when another one signed", () => {
    const other = newSigner();
    expect(openBundle(bytes, other.publicKey)).toEqual({
      isValid: false,
      reason: `signed by the key ${keyHint(signer.publicKey)}, not by ${keyHint(other.publicKey)}`,
    });
  });

  const forged = statementOf(`sha256:${"c".repeat(64)}`, PREDICATES.signature, {});
  it.each([
    [
      "another document under the signature",
      changed((bundle) => {
        bundle.dsseEnvelope.payload = Buffer.from(JSON.stringify(forged)).toString("base64");
      }),
    ],
    [
      "another type of document",
      changed((bundle) => {
        bundle.dsseEnvelope.payloadType = "text/plain";
      }),
    ],
    [
      "another signature",
      changed((bundle) => {
        bundle.dsseEnvelope.signatures = [{ sig: "AAAA" }];
      }),
    ],
    [
      "an empty signature",
      changed((bundle) => {
        bundle.dsseEnvelope.signatures = [{ sig: "" }];
      }),
    ],
  ])("refuses %s", (_name, tampered) => {
    expect(openBundle(tampered, signer.publicKey)).toEqual({
      isValid: false,
      reason: "the signature does not fit what is signed",
    });
  });

  it.each([
    ["no JSON", Buffer.from("hello")],
    ["nothing", Buffer.alloc(0)],
    ["a list", Buffer.from("[]")],
    ["no signatures", changed((bundle) => bundle.dsseEnvelope.signatures.splice(0))],
    [
      "another kind of file",
      changed((bundle) => {
        bundle.mediaType = "text/plain";
      }),
    ],
  ])("refuses %s", (_name, text) => {
    expect(openBundle(text, signer.publicKey)).toEqual({
      isValid: false,
      reason: "not a signed statement of this kind",
    });
  });
});

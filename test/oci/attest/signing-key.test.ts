import { createSign, generateKeyPairSync, verify } from "node:crypto";
import { describe, expect, it } from "vitest";
import {
  generateKeys,
  keyHint,
  parsePrivateKey,
  parsePublicKey,
} from "../../../oci/attest/signing-key.ts";
import { caught } from "../../support/caught.ts";

const pem = (type: "ec" | "rsa" | "ed25519", part: "privateKey" | "publicKey"): string => {
  const pair =
    type === "ec"
      ? generateKeyPairSync("ec", { namedCurve: "secp384r1" })
      : type === "rsa"
        ? generateKeyPairSync("rsa", { modulusLength: 2048 })
        : generateKeyPairSync("ed25519");
  return String(
    part === "publicKey"
      ? pair.publicKey.export({ type: "spki", format: "pem" })
      : pair.privateKey.export({ type: "pkcs8", format: "pem" }),
  );
};

describe("generateKeys", () => {
  it("makes a pair whose halves fit, with and without a passphrase", async () => {
    for (const passphrase of [undefined, "correct horse"]) {
      const keys = generateKeys(passphrase);
      const signer = parsePrivateKey(keys.privateKey, { where: "bento.key", passphrase });
      const publicKey = parsePublicKey(keys.publicKey, "bento.pub");
      const signature = await signer.sign(Buffer.from("bytes"));
      expect(verify("sha256", Buffer.from("bytes"), publicKey, signature)).toBe(true);
      expect(keyHint(signer.publicKey)).toBe(keyHint(publicKey));
      expect(keys.privateKey.split("\n", 1)[0]).toBe(
        passphrase === undefined
          ? "-----BEGIN PRIVATE KEY-----"
          : "-----BEGIN ENCRYPTED PRIVATE KEY-----",
      );
    }
  });

  it("signs in the form that other programs verify", async () => {
    const { privateKey } = generateKeys();
    const { publicKey } = parsePrivateKey(privateKey, { where: "k" });
    const other = createSign("sha256").update("bytes").sign(privateKey);
    expect(verify("sha256", Buffer.from("bytes"), publicKey, other)).toBe(true);
  });
});

describe("parsePrivateKey", () => {
  const encrypted = generateKeys("right").privateKey;

  it.each([
    ["no key", "hello", undefined, "not a private key in PEM"],
    ["an empty file", "", undefined, "not a private key in PEM"],
    ["a public key", generateKeys().publicKey, undefined, "not a private key in PEM"],
    [
      "cosign's own format",
      "-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED SIGSTORE PRIVATE KEY-----\n",
      undefined,
      "not a private key in PEM",
    ],
    ["RSA", pem("rsa", "privateKey"), undefined, "expected an EC key on P-256, got rsa"],
    [
      "Ed25519",
      pem("ed25519", "privateKey"),
      undefined,
      "expected an EC key on P-256, got ed25519",
    ],
    ["P-384", pem("ec", "privateKey"), undefined, "expected an EC key on P-256, got ec secp384r1"],
    ["no passphrase", encrypted, undefined, "the key is encrypted, and no passphrase is given"],
    ["a wrong passphrase", encrypted, "wrong", "the passphrase does not open the key"],
    ["an empty passphrase", encrypted, "", "the passphrase does not open the key"],
  ])("refuses %s", (_name, text, passphrase, message) => {
    expect(caught(() => parsePrivateKey(text, { where: "bento.key", passphrase }))).toMatchObject({
      code: "BENTO_INVALID_INPUT",
      message,
      where: "bento.key",
    });
  });
});

describe("parsePublicKey", () => {
  it.each([
    ["no key", "hello", "not a public key in PEM"],
    ["a private key", generateKeys().privateKey, "this is a private key, expected a public one"],
    ["RSA", pem("rsa", "publicKey"), "expected an EC key on P-256, got rsa"],
    ["P-384", pem("ec", "publicKey"), "expected an EC key on P-256, got ec secp384r1"],
  ])("refuses %s", (_name, text, message) => {
    expect(caught(() => parsePublicKey(text, "bento.pub"))).toMatchObject({
      code: "BENTO_INVALID_INPUT",
      message,
      where: "bento.pub",
    });
  });
});

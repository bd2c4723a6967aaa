/**
 * Keys that images are signed with: ECDSA on P-256, PEM in files. A key may also stay where it is (a KMS, a token) and
 * sign through a function.
 *
 * @module
 */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  sign as ecdsa,
  generateKeyPairSync,
  type KeyObject,
} from "node:crypto";
import { BentoError } from "../../core/bento-error.ts";

/** Signs, and says by which key. */
export interface Signer {
  readonly publicKey: KeyObject;
  /**
   * Signs bytes with ECDSA P-256 over their SHA-256; returns the signature in ASN.1 DER. What it returns is checked
   * with the public key.
   */
  sign(bytes: Uint8Array): Promise<Uint8Array>;
}

export interface KeyPairText {
  /** PEM, PKCS #8; encrypted when a passphrase was given. */
  readonly privateKey: string;
  /** PEM, SPKI. */
  readonly publicKey: string;
}

const CURVE = "prime256v1";

/** Makes a new key pair. @param passphrase - encrypts the private key; not empty */
export function generateKeys(passphrase?: string): KeyPairText {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: CURVE });
  const encryption = passphrase === undefined ? {} : { cipher: "aes-256-cbc", passphrase };
  return {
    privateKey: String(privateKey.export({ type: "pkcs8", format: "pem", ...encryption })),
    publicKey: String(publicKey.export({ type: "spki", format: "pem" })),
  };
}

export interface ReadKeyOptions {
  /** The file that the text is of, for messages. */
  readonly where: string;
  /** Opens an encrypted key. */
  readonly passphrase?: string | undefined;
}

/** Whether a private key's text needs a passphrase. */
export function isEncryptedKey(pem: string): boolean {
  return pem.includes("-----BEGIN ENCRYPTED PRIVATE KEY-----");
}

/**
 * A signer from a private key in PEM.
 *
 * @throws BentoError BENTO_INVALID_INPUT for what is no key, another kind of key, or a wrong passphrase
 */
export function parsePrivateKey(pem: string, options: ReadKeyOptions): Signer {
  const { where, passphrase } = options;
  if (isEncryptedKey(pem) && passphrase === undefined) {
    throw new BentoError(
      "BENTO_INVALID_INPUT",
      "the key is encrypted, and no passphrase is given",
      {
        where,
        hint: "set BENTO_KEY_PASSPHRASE, or run it where the passphrase can be typed",
      },
    );
  }
  const key = openPrivateKey(pem, options);
  refuseOtherCurves(key, where);
  return {
    publicKey: createPublicKey(key),
    sign: async (bytes) => ecdsa("sha256", bytes, key),
  };
}

/**
 * A public key in PEM.
 *
 * @throws BentoError BENTO_INVALID_INPUT for what is none, for another kind of key, and for a private key
 */
export function parsePublicKey(pem: string, where: string): KeyObject {
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(pem)) {
    throw new BentoError("BENTO_INVALID_INPUT", "this is a private key, expected a public one", {
      where,
      hint: "give the .pub file that was made with it, and keep this one to yourself",
    });
  }
  try {
    const key = createPublicKey(pem);
    refuseOtherCurves(key, where);
    return key;
  } catch (cause) {
    throw BentoError.isInstance(cause) ? cause : notKey("a public key", where, cause);
  }
}

/** How a key is told in bundles: base64 of the SHA-256 of its SPKI, as cosign does. */
export function keyHint(publicKey: KeyObject): string {
  return createHash("sha256")
    .update(publicKey.export({ type: "spki", format: "der" }))
    .digest("base64");
}

function openPrivateKey(pem: string, { where, passphrase }: ReadKeyOptions): KeyObject {
  try {
    return createPrivateKey({ key: pem, ...(passphrase === undefined ? {} : { passphrase }) });
  } catch (cause) {
    if (isEncryptedKey(pem)) {
      throw new BentoError("BENTO_INVALID_INPUT", "the passphrase does not open the key", {
        where,
        hint: "check BENTO_KEY_PASSPHRASE, or what was typed",
        cause,
      });
    }
    throw notKey("a private key", where, cause);
  }
}

function notKey(what: string, where: string, cause: unknown): BentoError {
  return new BentoError("BENTO_INVALID_INPUT", `not ${what} in PEM`, {
    where,
    hint: "make a pair with bento image keygen: bento.key signs, bento.pub verifies",
    cause,
  });
}

function refuseOtherCurves(key: KeyObject, where: string): void {
  const curve = key.asymmetricKeyDetails?.namedCurve;
  if (key.asymmetricKeyType !== "ec" || curve !== CURVE) {
    const found = [key.asymmetricKeyType, curve].filter(Boolean).join(" ");
    throw new BentoError("BENTO_INVALID_INPUT", `expected an EC key on P-256, got ${found}`, {
      where,
      hint: "make a pair with bento image keygen",
    });
  }
}

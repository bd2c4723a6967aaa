/**
 * Keys that commands sign and verify with, from the files that the user names.
 *
 * @module
 */
import type { KeyObject } from "node:crypto";
import { resolve } from "node:path";
import {
  isEncryptedKey,
  parsePrivateKey,
  parsePublicKey,
  type Signer,
} from "../oci/attest/signing-key.ts";
import type { CliContext } from "./context.ts";
import { readGiven } from "./read-given.ts";

/** Where scripts put the passphrase of an encrypted key. */
export const PASSPHRASE_VARIABLE = "BENTO_KEY_PASSPHRASE";

/**
 * A signer from a file; its passphrase, where it needs one, from the environment or typed.
 *
 * @throws BentoError BENTO_NOT_FOUND, BENTO_INVALID_INPUT
 */
export async function readSigner(context: CliContext, file: string): Promise<Signer> {
  const path = resolve(context.cwd, file);
  const hint = "make a pair: bento image keygen";
  const pem = await readGiven(path, { noun: "key", hint });
  const passphrase = isEncryptedKey(pem) ? await passphraseOf(context, file) : undefined;
  return parsePrivateKey(pem, { where: path, passphrase });
}

/** @throws BentoError BENTO_NOT_FOUND, BENTO_INVALID_INPUT */
export async function readPublicKey(context: CliContext, file: string): Promise<KeyObject> {
  const path = resolve(context.cwd, file);
  const hint = "give the public key of who signs, e.g. bento.pub";
  return parsePublicKey(await readGiven(path, { noun: "key", hint }), path);
}

/** Undefined where it is neither set nor can be typed. */
async function passphraseOf(context: CliContext, file: string): Promise<string | undefined> {
  const given = context.environment[PASSPHRASE_VARIABLE];
  return given !== undefined && given !== ""
    ? given
    : context.ask(`passphrase of ${file}: `, { isHidden: true });
}

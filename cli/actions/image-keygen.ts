/**
 * Makes a pair of keys to sign images with. Nothing that is there is replaced: a lost private key is lost for good.
 *
 * @module
 */
import { rm, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { BentoError } from "../../core/bento-error.ts";
import { diskError, systemCode } from "../../model-store/disk-error.ts";
import { generateKeys, keyHint, parsePublicKey } from "../../oci/attest/signing-key.ts";
import type { CliContext } from "../context.ts";
import { printDocument } from "../output.ts";
import { PASSPHRASE_VARIABLE } from "../signing-key.ts";

export interface KeygenFlags {
  readonly output: string;
  readonly passphrase?: boolean;
  readonly json?: boolean;
}

export async function makeKeys(context: CliContext, flags: KeygenFlags): Promise<void> {
  if (/(?:^|[/\\])$/.test(flags.output)) {
    throw new BentoError("BENTO_USAGE", `not a name: ${JSON.stringify(flags.output)}`, {
      where: "--output",
      hint: "name what the two files are called before .key and .pub, e.g. --output team",
    });
  }
  const privateFile = resolve(context.cwd, `${flags.output}.key`);
  const publicFile = resolve(context.cwd, `${flags.output}.pub`);
  const keys = generateKeys(await newPassphrase(context, flags));
  await writeNew(publicFile, keys.publicKey, 0o644);
  try {
    await writeNew(privateFile, keys.privateKey, 0o600);
  } catch (error) {
    await rm(publicFile, { force: true }); // alone it would verify nothing
    throw error;
  }
  const key = keyHint(parsePublicKey(keys.publicKey, publicFile));
  if (flags.json === true) {
    await printDocument(context, { privateKey: privateFile, publicKey: publicFile, key }, "json");
    return;
  }
  context.out(`${publicFile}\n`);
  context.err(
    `wrote ${privateFile}: keep it secret, it is needed to sign\nnext: bento image sign IMAGE --key ${flags.output}.key\n`,
  );
}

/** From the environment, or typed twice; none unless one is set or asked for. */
async function newPassphrase(
  context: CliContext,
  { passphrase: isAsked = false }: KeygenFlags,
): Promise<string | undefined> {
  const given = context.environment[PASSPHRASE_VARIABLE];
  if (given !== undefined && given !== "") {
    return given;
  }
  if (!isAsked) {
    return undefined;
  }
  const typed = await context.ask("passphrase: ", { isHidden: true });
  if (typed === undefined || typed === "") {
    throw new BentoError("BENTO_USAGE", "no passphrase is given", {
      where: "--passphrase",
      hint: `type one, or set ${PASSPHRASE_VARIABLE}`,
    });
  }
  if ((await context.ask("the same again: ", { isHidden: true })) !== typed) {
    throw new BentoError("BENTO_USAGE", "the two passphrases differ", {
      where: "--passphrase",
      hint: "run it again",
    });
  }
  return typed;
}

async function writeNew(path: string, text: string, mode: number): Promise<void> {
  try {
    await writeFile(path, text, { flag: "wx", mode, flush: true });
  } catch (error) {
    if (systemCode(error) === "EEXIST") {
      throw new BentoError("BENTO_CONFLICT", "there is a key already", {
        where: path,
        hint: "name another with --output, or move this one away; it may still be needed",
        cause: error,
      });
    }
    throw diskError(error, "write", path);
  }
}

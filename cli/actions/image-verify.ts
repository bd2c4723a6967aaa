/**
 * Checks every claim that is made of an image.
 *
 * @module
 */
import { assertVerified, verifyImage } from "../../oci/attest/verify-image.ts";
import type { CliContext } from "../context.ts";
import { attachmentsOf } from "../image-attachments.ts";
import { findImage } from "../image-source.ts";
import { printDocument, printTable } from "../output.ts";
import { readPublicKey } from "../signing-key.ts";
import { readPlatform } from "./containerize.ts";
import type { ImageReadFlags } from "./image-inspect.ts";

export interface ImageVerifyFlags extends ImageReadFlags {
  readonly key?: string;
}

/** @throws BentoError BENTO_REFUSED with a line for each claim that failed, after all of them are printed */
export async function verifyNamedImage(
  context: CliContext,
  text: string,
  flags: ImageVerifyFlags,
): Promise<void> {
  const platform = flags.platform === undefined ? undefined : readPlatform(flags.platform);
  const publicKey = flags.key === undefined ? undefined : await readPublicKey(context, flags.key);
  const image = await findImage(context, text, { platform, store: flags.store });
  const claims = await verifyImage({
    image,
    store: await attachmentsOf(context, image),
    readBlob: (blob) => image.source.readBlob(blob),
    publicKey,
  });
  const { digest } = image.descriptor;
  if (flags.json === true) {
    const verified = claims.every(({ outcome }) => outcome !== "failed");
    await printDocument(context, { digest, verified, claims }, "json");
  } else {
    const rows = claims.flatMap(({ check, outcome, detail }) =>
      detail
        .split("\n")
        .map((line, index) => (index === 0 ? [check, outcome, line] : ["", "", line])),
    );
    printTable(context, ["CHECK", "RESULT", "DETAIL"], rows);
    context.err(`image ${digest}\n`);
  }
  assertVerified(claims, image.text);
}

/**
 * Signs an image and the documents attached to it.
 *
 * @module
 */
import { signImage } from "../../oci/attest/sign-image.ts";
import type { CliContext } from "../context.ts";
import { attachmentsOf } from "../image-attachments.ts";
import { findImage } from "../image-source.ts";
import { printDocument } from "../output.ts";
import { readSigner } from "../signing-key.ts";
import { readPlatform } from "./containerize.ts";
import type { ImageReadFlags } from "./image-inspect.ts";

export interface ImageSignFlags extends ImageReadFlags {
  readonly key: string;
}

export async function signNamedImage(
  context: CliContext,
  text: string,
  flags: ImageSignFlags,
): Promise<void> {
  const platform = flags.platform === undefined ? undefined : readPlatform(flags.platform);
  const signer = await readSigner(context, flags.key);
  const image = await findImage(context, text, { platform, store: flags.store });
  const store = await attachmentsOf(context, image, "push");
  const { key, statements } = await signImage({ store, image: image.descriptor, signer });
  const { digest } = image.descriptor;
  if (flags.json === true) {
    await printDocument(context, { digest, key, statements }, "json");
    return;
  }
  context.out(`${digest}\n`);
  for (const [kind, state] of Object.entries(statements)) {
    context.err(`${SIGNS[state]} ${kind}  ${WORDS[state]}\n`);
  }
}

const SIGNS = { signed: "✓", exists: "=", absent: "!" } as const;
const WORDS = {
  signed: "signed",
  exists: "was signed with this key before",
  absent: "is not attached, so it is not signed: make the image again with bento containerize",
} as const;

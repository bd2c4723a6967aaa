/**
 * The check of `deploy --require-signature`: the image is the one that the key's owner signed, byte for byte.
 *
 * @module
 */
import type { Digest } from "../core/digest.ts";
import { layoutAttachments } from "../oci/attest/layout-attachments.ts";
import { keyHint } from "../oci/attest/signing-key.ts";
import { assertVerified, verifyImage } from "../oci/attest/verify-image.ts";
import { inspectImage } from "../oci/inspect-image.ts";
import { openLayout } from "../oci/layout.ts";
import type { CliContext } from "./context.ts";
import { readPublicKey } from "./signing-key.ts";

/**
 * @param keyFile - public key, as typed
 * @param image - in which layout it is, and what the user calls it
 * @returns the key, as signatures tell it
 * @throws BentoError BENTO_REFUSED when it is not signed by the key, or is not what was signed
 */
export async function refuseUnsigned(
  context: CliContext,
  keyFile: string,
  image: { readonly directory: string; readonly digest: Digest; readonly text: string },
): Promise<string> {
  const publicKey = await readPublicKey(context, keyFile);
  const layout = await openLayout(image.directory);
  const claims = await verifyImage({
    image: await inspectImage(layout, { digest: image.digest }),
    store: layoutAttachments(layout),
    readBlob: (blob) => layout.readBlob(blob),
    publicKey,
    checks: ["signature", "layers"],
  });
  assertVerified(claims, `${image.text}, ${image.digest}`);
  return keyHint(publicKey);
}

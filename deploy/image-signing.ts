/**
 * Signing and verifying images from a program: with a key from a file, or one that never leaves where it is kept.
 *
 * @module
 */
import type { KeyObject } from "node:crypto";
import { layoutAttachments } from "../oci/attest/layout-attachments.ts";
import { type SignedImage, signImage } from "../oci/attest/sign-image.ts";
import type { Signer } from "../oci/attest/signing-key.ts";
import { type ImageClaim, verifyImage } from "../oci/attest/verify-image.ts";
import { inspectImage } from "../oci/inspect-image.ts";
import { openLayout } from "../oci/layout.ts";

/** Which image of a layout. */
export interface LayoutImage {
  /** Of the layout. */
  readonly directory: string;
  /** @default the only one */
  readonly name?: string | undefined;
}

/**
 * Signs an image of a layout with its SBOM and provenance, as `bento image sign` does. A push takes the signatures along.
 *
 * @throws BentoError BENTO_NOT_FOUND without the image; BENTO_REFUSED when the signer's signature is not of its key
 */
export async function signLayoutImage(image: LayoutImage, signer: Signer): Promise<SignedImage> {
  const layout = await openLayout(image.directory);
  const { descriptor } = await inspectImage(layout, { name: image.name });
  return signImage({ store: layoutAttachments(layout), image: descriptor, signer });
}

/**
 * Checks every claim that is made of an image of a layout, as `bento image verify` does; one that fails is no error here.
 *
 * @param publicKey - who must have signed; without it documents that are attached plain count
 */
export async function verifyLayoutImage(
  image: LayoutImage,
  publicKey?: KeyObject,
): Promise<ImageClaim[]> {
  const layout = await openLayout(image.directory);
  return verifyImage({
    image: await inspectImage(layout, { name: image.name }),
    store: layoutAttachments(layout),
    readBlob: (blob) => layout.readBlob(blob),
    publicKey,
  });
}

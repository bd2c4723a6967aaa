/**
 * What is attached to an image that a command names: beside it in its layout, or in its repository.
 *
 * @module
 */
import type { ImageRef } from "../core/image-ref.ts";
import type { AttachmentStore } from "../oci/attest/attachment.ts";
import { layoutAttachments } from "../oci/attest/layout-attachments.ts";
import { registryAttachments, registryPort } from "../oci/attest/registry-attachments.ts";
import { openLayout } from "../oci/layout.ts";
import { createRegistryClient } from "../oci/registry/client.ts";
import type { CliContext } from "./context.ts";
import type { FoundImage } from "./image-source.ts";
import { registryOptions } from "./registry.ts";

/** @param access - "push" to attach something */
export async function attachmentsOf(
  context: CliContext,
  image: Pick<FoundImage, "source" | "reference">,
  access: "pull" | "push" = "pull",
): Promise<AttachmentStore> {
  return image.reference === undefined
    ? layoutAttachments(await openLayout(image.source.directory))
    : repositoryAttachments(context, image.reference, access);
}

/** The attachments of images in a repository of a registry. */
export function repositoryAttachments(
  context: CliContext,
  reference: ImageRef,
  access: "pull" | "push",
): AttachmentStore {
  const options = registryOptions(context, reference.registry);
  return registryAttachments(registryPort(createRegistryClient(reference, { ...options, access })));
}

/**
 * Attachments in an OCI layout: entries of its index without a name, told from images by their artifact type.
 *
 * @module
 */
import { collect, streamOf } from "../chunks.ts";
import { DOCUMENT_LIMIT_BYTES, type OciLayout } from "../layout.ts";
import { ImageManifest } from "../manifest.ts";
import { type AttachmentStore, byDigest } from "./attachment.ts";

/** The attachments of a layout's images. */
export function layoutAttachments(layout: OciLayout): AttachmentStore {
  const store: AttachmentStore = {
    where: layout.directory,
    async list(subject) {
      const entries = await layout.attachments();
      const subjects = await Promise.all(
        entries.map(async (entry) => {
          // a damaged one is nobody's; what it should have said is then missing
          const document = await layout.readDocument(entry).catch(() => undefined);
          return ImageManifest.safeParse(document).data?.subject?.digest;
        }),
      );
      return entries.filter((_, index) => subjects[index] === subject).sort(byDigest);
    },
    readManifest: (descriptor) =>
      collect(layout.readBlob(descriptor), DOCUMENT_LIMIT_BYTES, layout.directory),
    readBlob: (descriptor) => layout.readBlob(descriptor),
    async attach(_subject, packed) {
      for (const { manifest, blobs } of packed) {
        for (const { bytes } of blobs) {
          await layout.writeBlob(streamOf(bytes));
        }
        await layout.writeBlob(streamOf(manifest));
      }
      await layout.addAttachments(packed.map(({ descriptor }) => descriptor));
    },
  };
  return store;
}

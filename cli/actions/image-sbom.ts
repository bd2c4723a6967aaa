/**
 * Writes the SBOM that is attached to an image.
 *
 * @module
 */
import { resolve } from "node:path";
import { BentoError } from "../../core/bento-error.ts";
import { readSboms } from "../../oci/attest/image-documents.ts";
import { replaceFile } from "../../oci/replace-file.ts";
import type { CliContext } from "../context.ts";
import { attachmentsOf } from "../image-attachments.ts";
import { findImage } from "../image-source.ts";
import { readPlatform } from "./containerize.ts";
import type { ImageReadFlags } from "./image-inspect.ts";

export interface ImageSbomFlags extends Omit<ImageReadFlags, "json"> {
  readonly output?: string;
}

/** @throws BentoError BENTO_NOT_FOUND when none is attached */
export async function writeImageSbom(
  context: CliContext,
  text: string,
  flags: ImageSbomFlags,
): Promise<void> {
  const platform = flags.platform === undefined ? undefined : readPlatform(flags.platform);
  const image = await findImage(context, text, { platform, store: flags.store });
  const [sbom] = await readSboms(await attachmentsOf(context, image), image.descriptor.digest);
  if (sbom === undefined) {
    throw new BentoError("BENTO_NOT_FOUND", "no SBOM is attached to the image", {
      where: `${image.text}, ${image.descriptor.digest}`,
      hint: "bento containerize attaches one to each image that it makes",
    });
  }
  if (flags.output === undefined) {
    context.out(sbom.toString("utf8"));
    return;
  }
  const file = resolve(context.cwd, flags.output);
  await replaceFile(file, sbom.toString("utf8")).catch((cause: unknown) => {
    throw new BentoError("BENTO_IO", "cannot write the SBOM", {
      where: file,
      hint: "name a file in a folder that is there and can be written",
      cause,
    });
  });
  context.out(`${file}\n`);
}

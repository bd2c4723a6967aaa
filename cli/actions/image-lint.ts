/**
 * Looks for what the platforms would refuse in an image.
 *
 * @module
 */
import { BentoError } from "../../core/bento-error.ts";
import { LINT_RULES, layerPaths, lintImage } from "../../oci/lint.ts";
import type { CliContext } from "../context.ts";
import { findImage } from "../image-source.ts";
import { printDocument } from "../output.ts";
import { readPlatform } from "./containerize.ts";
import type { ImageReadFlags } from "./image-inspect.ts";

/** @throws BentoError BENTO_REFUSED with a line for each finding */
export async function lintNamedImage(
  context: CliContext,
  text: string,
  flags: ImageReadFlags,
): Promise<void> {
  const platform = flags.platform === undefined ? undefined : readPlatform(flags.platform);
  const { source, descriptor, manifest, config, ...image } = await findImage(context, text, {
    platform,
    store: flags.store,
  });
  const paths: string[][] = [];
  for (const layer of manifest.layers) {
    paths.push(await layerPaths(source, layer));
  }
  const { mediaType, digest } = descriptor;
  const findings = lintImage({ mediaType, manifest, config, layerPaths: paths });
  if (findings.length > 0) {
    const lines = findings.map(({ rule, message }) => `${rule}: ${message}`);
    throw new BentoError("BENTO_REFUSED", lines.join("\n"), {
      where: image.text,
      hint: "make the image again on a base that keeps these rules",
    });
  }
  if (flags.json === true) {
    await printDocument(context, { digest, findings }, "json");
    return;
  }
  context.out(`${digest}\n`);
  context.err(`keeps all ${Object.keys(LINT_RULES).length} rules\n`);
}

/**
 * Looks for what the platforms would refuse in an image.
 *
 * @module
 */
import { BentoError } from "../../core/bento-error.ts";
import { LINT_RULES, layerPaths, lintImage } from "../../oci/lint.ts";
import { type LintPlatform, lintForPlatforms, PLATFORM_RULES } from "../../oci/lint-platforms.ts";
import type { CliContext } from "../context.ts";
import { type FoundImage, findImage } from "../image-source.ts";
import { printDocument } from "../output.ts";
import { readPlatform } from "./containerize.ts";
import type { ImageReadFlags } from "./image-inspect.ts";

export interface ImageLintFlags extends ImageReadFlags {
  /** Platforms whose own rules count; all that run the architecture by default. */
  readonly for?: readonly LintPlatform[];
}

interface Finding {
  readonly rule: string;
  readonly level: "error" | "warning";
  readonly message: string;
}

/** @throws BentoError BENTO_REFUSED with a line for each error; warnings are only told */
export async function lintNamedImage(
  context: CliContext,
  text: string,
  flags: ImageLintFlags,
): Promise<void> {
  const platform = flags.platform === undefined ? undefined : readPlatform(flags.platform);
  const image = await findImage(context, text, { platform, store: flags.store });
  const findings = await findingsIn(image, flags.for);
  const lines = (level: Finding["level"]) =>
    findings
      .filter((finding) => finding.level === level)
      .map(({ rule, message }) => `${rule}: ${message}`);
  for (const line of flags.json === true ? [] : lines("warning")) {
    context.err(`! ${line}\n`);
  }
  const errors = lines("error");
  if (errors.length > 0) {
    throw new BentoError("BENTO_REFUSED", errors.join("\n"), {
      where: image.text,
      hint: "make the image again on a base that keeps these rules; docs/images.md has each",
    });
  }
  const { digest } = image.descriptor;
  if (flags.json === true) {
    await printDocument(context, { digest, findings }, "json");
    return;
  }
  context.out(`${digest}\n`);
  const count = Object.keys(LINT_RULES).length + Object.keys(PLATFORM_RULES).length;
  context.err(`breaks none of ${count} rules\n`);
}

async function findingsIn(
  { source, descriptor, manifest, config }: FoundImage,
  platforms: readonly LintPlatform[] | undefined,
): Promise<Finding[]> {
  const paths: string[][] = [];
  for (const layer of manifest.layers) {
    paths.push(await layerPaths(source, layer));
  }
  const input = { mediaType: descriptor.mediaType, manifest, config, layerPaths: paths };
  const shared = lintImage(input).map((finding) => ({ ...finding, level: "error" as const }));
  return [...shared, ...lintForPlatforms(input, platforms)];
}

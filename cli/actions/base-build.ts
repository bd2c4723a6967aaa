/**
 * Makes a base image from Debian packages.
 *
 * @module
 */
import { join, resolve } from "node:path";
import { BentoError } from "../../core/bento-error.ts";
import { type CliContext, homeOf } from "../context.ts";
import { printDocument } from "../output.ts";
import { drawProgress } from "../progress.ts";
import { cacheOf } from "../store.ts";
import { readPlatform } from "./containerize.ts";

export async function buildBaseImage(
  context: CliContext,
  flags: { output?: string; platform: string; json?: boolean },
): Promise<void> {
  const platform = readPlatform(flags.platform);
  const given = flags.output;
  if (given !== undefined && !given.startsWith("oci:")) {
    throw new BentoError("BENTO_USAGE", `expected --output oci:DIR, got ${JSON.stringify(given)}`, {
      hint: "e.g. --output oci:./base",
    });
  }
  const output =
    given === undefined
      ? join(homeOf(context), "base", platform.replace("/", "-"))
      : resolve(context.cwd, given.slice("oci:".length));
  const { buildBase } = await import("../../packager/base/build-base.ts");
  const built = await buildBase({
    output,
    platform,
    cacheDirectory: cacheOf(context),
    onProgress: drawProgress(context, flags.json === true),
    signal: context.signal,
  });
  if (flags.json === true) {
    await printDocument(
      context,
      { output: `oci:${output}`, digest: built.manifestDigest, node: built.nodePath },
      "json",
    );
    return;
  }
  context.out(`oci:${output}\n`);
  context.err(`made ${built.manifestDigest}\nnext: bento containerize TAG --base oci:${output}\n`);
}

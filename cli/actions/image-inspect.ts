/**
 * Shows what an image holds and how it starts.
 *
 * @module
 */
import { formatBytes } from "../../core/units.ts";
import type { CliContext } from "../context.ts";
import { type FoundImage, findImage } from "../image-source.ts";
import { printDocument, printFields, printTable } from "../output.ts";
import { readPlatform } from "./containerize.ts";

export interface ImageReadFlags {
  readonly platform?: string;
  readonly store?: string;
  readonly json?: boolean;
}

export async function inspectNamedImage(
  context: CliContext,
  text: string,
  flags: ImageReadFlags,
): Promise<void> {
  const platform = flags.platform === undefined ? undefined : readPlatform(flags.platform);
  const image = await findImage(context, text, { platform, store: flags.store });
  if (flags.json === true) {
    const { descriptor, manifest, config, layers } = image;
    const { mediaType, digest } = descriptor;
    await printDocument(context, { digest, mediaType, layers, manifest, config }, "json");
    return;
  }
  printImage(context, image);
}

function printImage(
  context: CliContext,
  { descriptor, manifest, config, layers }: FoundImage,
): void {
  const run = config.config ?? {};
  const labels = Object.entries(run.Labels ?? {}).map(([key, value]) => `${key}=${value}`);
  const bytes = manifest.layers.reduce((total, layer) => total + layer.size, 0);
  printFields(
    context,
    [
      ["digest", [descriptor.digest]],
      ["platform", [`${config.os}/${config.architecture}`]],
      ["size", [formatBytes(bytes)]],
      ["start", [[...(run.Entrypoint ?? []), ...(run.Cmd ?? [])].join(" ")].filter(Boolean)],
      ["user", run.User ? [run.User] : []],
      ["folder", run.WorkingDir ? [run.WorkingDir] : []],
      ["ports", Object.keys(run.ExposedPorts ?? {})],
      ["env", run.Env ?? []],
      ["labels", labels],
    ],
    10,
  );
  const rows = layers.map((layer) => [
    layer.title,
    formatBytes(layer.size),
    layer.uncompressedBytes === undefined ? "" : formatBytes(layer.uncompressedBytes),
    layer.digest.slice(0, 19),
  ]);
  context.out("\n");
  printTable(context, ["LAYER", "SIZE", "UNPACKED", "DIGEST"], rows);
}

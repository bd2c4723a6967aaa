/**
 * Shows how two images differ.
 *
 * @module
 */
import { formatBytes } from "../../core/units.ts";
import { diffImages, type ImageDifference } from "../../oci/diff-images.ts";
import type { CliContext } from "../context.ts";
import { findImage } from "../image-source.ts";
import { printDocument, printTable } from "../output.ts";
import { readPlatform } from "./containerize.ts";
import type { ImageReadFlags } from "./image-inspect.ts";

/** More lines than a person reads. */
const FILES_SHOWN = 20;

export async function diffNamedImages(
  context: CliContext,
  { before, after }: { readonly before: string; readonly after: string },
  flags: ImageReadFlags,
): Promise<void> {
  const platform = flags.platform === undefined ? undefined : readPlatform(flags.platform);
  const options = { platform, store: flags.store };
  const one = await findImage(context, before, options);
  const two = await findImage(context, after, options);
  const difference = await diffImages(one, two);
  if (flags.json === true) {
    const [from, to] = [one.descriptor.digest, two.descriptor.digest];
    await printDocument(context, { before: from, after: to, ...difference }, "json");
    return;
  }
  if (one.descriptor.digest === two.descriptor.digest) {
    context.out(`the same image: ${one.descriptor.digest}\n`);
    return;
  }
  printDifference(context, difference);
}

function printDifference(context: CliContext, difference: ImageDifference): void {
  const { layers, values, bytes } = difference;
  const rows = layers.map(({ title, state, before, after }) => [
    title,
    state,
    before === undefined ? "" : formatBytes(before.size),
    after === undefined ? "" : formatBytes(after.size),
  ]);
  printTable(context, ["LAYER", "STATE", "BEFORE", "AFTER"], rows);
  for (const { title, files } of layers.filter((layer) => layer.files.length > 0)) {
    context.out(`\n${title}:\n`);
    for (const { path, state } of files.slice(0, FILES_SHOWN)) {
      context.out(`  ${state} ${path}\n`);
    }
    if (files.length > FILES_SHOWN) {
      context.out(`  and ${files.length - FILES_SHOWN} more (--json has all)\n`);
    }
  }
  if (values.length > 0) {
    context.out("\n");
    const changed = values.map(({ name, before, after }) => [name, before ?? "", after ?? ""]);
    printTable(context, ["SETTING", "BEFORE", "AFTER"], changed);
  }
  context.err(`${formatBytes(bytes.before)} → ${formatBytes(bytes.after)}\n`);
}

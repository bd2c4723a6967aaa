/**
 * Makes a bento with another version of a model and prints its tag.
 *
 * @module
 */
import { formatTag, parseTag } from "../../core/tag.ts";
import type { CliContext } from "../context.ts";
import { printDocument } from "../output.ts";
import { repinStored } from "../repin.ts";
import { storeOf } from "../store.ts";

export interface RepinFlags {
  readonly model: readonly string[];
  readonly image?: string;
  readonly store?: string;
  readonly json?: boolean;
}

export async function repin(context: CliContext, text: string, flags: RepinFlags): Promise<void> {
  const store = await storeOf(context, flags.store);
  const { manifest: from } = await store.bentos.get(parseTag(text), { allowPrefix: true });
  const { bento, image } = await repinStored(context, from, { ...flags, store });
  const tag = formatTag(bento.manifest);
  const { digest, state, changes } = bento;
  if (flags.json === true) {
    await printDocument(context, { tag, digest, state, changes, image: image ?? null }, "json");
    return;
  }
  context.out(`${tag}\n`);
  for (const change of changes) {
    context.err(`models.${change.key}: ${change.from} → ${change.to}\n`);
  }
  if (state === "unchanged") {
    context.err(`${tag} has these models already\n`);
  } else if (image === undefined) {
    context.err(`next: bento containerize ${tag}\n`);
  } else {
    context.err(`image ${image.digest} in ${image.output}\n`);
  }
}

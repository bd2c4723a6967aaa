/**
 * Pushes an image to a registry and prints its reference by digest.
 *
 * @module
 */
import { parseDestination } from "../../core/image-ref.ts";
import { formatBytes } from "../../core/units.ts";
import type { CliContext } from "../context.ts";
import { findImage } from "../image-source.ts";
import { printDocument } from "../output.ts";
import { drawProgress } from "../progress.ts";
import { type Pushed, pushTo } from "../push.ts";
import { readPlatform } from "./containerize.ts";

export interface ImagePushFlags {
  readonly platform?: string;
  readonly mountFrom?: readonly string[];
  readonly store?: string;
  readonly json?: boolean;
}

export async function pushImageTo(
  context: CliContext,
  { source, destination }: { source: string; destination: string },
  flags: ImagePushFlags,
): Promise<void> {
  const reference = parseDestination(destination.replace(/^registry:/, ""));
  const platform = flags.platform === undefined ? undefined : readPlatform(flags.platform);
  const image = await findImage(context, source, { platform, store: flags.store });
  const onProgress = drawProgress(context, flags.json === true);
  const { mountFrom } = flags;
  const pushed = await pushTo(context, { image, destination: reference, mountFrom, onProgress });
  if (flags.json === true) {
    await printDocument(context, pushed, "json");
    return;
  }
  context.out(`${pushed.reference}\n`);
  context.err(`${pushedText(pushed)}\n`);
}

/** What a push took, in a line. */
export function pushedText({ tags, uploadedBytes, blobs }: Pushed): string {
  const { exists, mounted, uploaded } = blobs;
  const counts = `${uploaded} sent, ${mounted} mounted, ${exists} there already`;
  return `pushed as ${tags.join(", ") || "its digest alone"}: ${formatBytes(uploadedBytes)} (${counts})`;
}

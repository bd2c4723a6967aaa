/**
 * What keeps a store sound: copying bentos to and from others, reading everything once more, removing what nothing
 * uses.
 *
 * @module
 */
import { BentoError } from "../../core/bento-error.ts";
import { formatTag, parseTag } from "../../core/tag.ts";
import { formatBytes } from "../../core/units.ts";
import type { CopiedVersion } from "../../model-store/copy-version.ts";
import type { CliContext } from "../context.ts";
import { printDocument } from "../output.ts";
import { drawProgress } from "../progress.ts";
import { storeOf } from "../store.ts";

interface Flags {
  readonly store?: string;
  readonly json?: boolean;
}

export interface CopyRequest {
  readonly tags: readonly string[];
  /** The other store, as typed. */
  readonly other: string;
  readonly direction: "push" | "pull";
}

/** Copies bentos between the command's store and another one. */
export async function copyBentos(
  context: CliContext,
  { tags, other, direction }: CopyRequest,
  flags: Flags,
): Promise<void> {
  await using here = await storeOf(context, flags.store);
  await using there = await storeOf(context, other);
  const [from, to] = direction === "push" ? [here, there] : [there, here];
  const options = {
    allowPrefix: true,
    onProgress: drawProgress(context, flags.json === true),
    signal: context.signal,
  };
  const copied: CopiedVersion[] = [];
  for (const text of tags) {
    const copy = await from.copyBentoTo(to, parseTag(text), options);
    copied.push(copy);
    if (flags.json !== true) {
      const was = copy.state === "exists" ? "it was there already" : `now in ${to.url}`;
      context.out(`${formatTag(copy.tag)}\n`);
      context.err(
        `${formatTag(copy.tag)}: ${was}; ${formatBytes(copy.sentBytes)} sent, ${formatBytes(copy.presentBytes)} were there\n`,
      );
    }
  }
  if (flags.json === true) {
    const documents = copied.map(({ tag, ...rest }) => ({ tag: formatTag(tag), ...rest }));
    await printDocument(context, { to: to.url, copied: documents }, "json");
  }
}

/** @throws BentoError BENTO_INTEGRITY naming every version that is damaged */
export async function verifyWholeStore(context: CliContext, flags: Flags): Promise<void> {
  await using store = await storeOf(context, flags.store);
  const verified = await store.verify({
    onProgress: drawProgress(context, flags.json === true),
    signal: context.signal,
  });
  const { versions, blobs, bytes, damaged } = verified;
  if (flags.json === true) {
    await printDocument(context, verified, "json");
  } else {
    context.out(`${versions} versions, ${blobs} files, ${formatBytes(bytes)} read\n`);
  }
  if (damaged.length > 0) {
    const lines = damaged.flatMap(({ what, problems }) => problems.map((one) => `${what}: ${one}`));
    throw new BentoError("BENTO_INTEGRITY", lines.join("\n"), {
      where: store.url,
      hint: "delete a damaged file from the store, then import or push its version again: only that file is stored anew",
    });
  }
}

export async function removeGarbage(
  context: CliContext,
  flags: Flags & { readonly grace: string; readonly dryRun?: boolean },
): Promise<void> {
  const graceMs = readHours(flags.grace) * 3_600_000;
  await using store = await storeOf(context, flags.store);
  const isDryRun = flags.dryRun === true;
  const collected = await store.collectGarbage({ graceMs, isDryRun, signal: context.signal });
  if (flags.json === true) {
    await printDocument(context, { ...collected, isDryRun }, "json");
    return;
  }
  const { blobs, bytes, kept, spared, unfinished } = collected;
  const verb = isDryRun ? "would remove" : "removed";
  const files = blobs.length === 1 ? "1 file" : `${blobs.length} files`;
  context.out(`${verb} ${files}, ${formatBytes(bytes)}; ${kept} in use\n`);
  if (spared > 0) {
    context.err(
      `${spared} more that nothing uses are younger than ${flags.grace}, or about to be used\n`,
    );
  }
  if (unfinished > 0) {
    context.err(`${unfinished} unfinished writes of processes that have died are gone too\n`);
  }
}

/** `36h`, `7d`, `0`. */
function readHours(text: string): number {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)(h|d)?$/.exec(text) ?? [];
  if (digits === undefined || (unit === undefined && Number(digits) !== 0)) {
    throw new BentoError("BENTO_USAGE", `not a length of time: ${JSON.stringify(text)}`, {
      where: "--grace",
      hint: "write it in hours or days, e.g. 24h or 7d",
    });
  }
  return Number(digits) * (unit === "d" ? 24 : 1);
}

/**
 * Lists and clears what this machine keeps of models and bentos. What deployments on this machine run stays.
 *
 * @module
 */
import { formatTag } from "../../core/tag.ts";
import { formatBytes } from "../../core/units.ts";
import { type CachedItem, clearCache, listCache } from "../../model-store/cache.ts";
import { openStore } from "../../model-store/open-store.ts";
import { confirm } from "../confirm.ts";
import { type CliContext, homeOf } from "../context.ts";
import { printDocument, printTable } from "../output.ts";
import { storeOf } from "../store.ts";

interface ClearFlags {
  readonly store?: string;
  readonly yes?: boolean;
  readonly all?: boolean;
  readonly force?: boolean;
  readonly json?: boolean;
}

export async function listCached(
  context: CliContext,
  flags: { readonly json?: boolean },
): Promise<void> {
  const home = homeOf(context);
  await using local = openStore({ home });
  const items = await listCache({ home, local }, { signal: context.signal });
  if (flags.json === true) {
    await printDocument(context, items, "json");
    return;
  }
  const rows = items.map(({ kind, name, files, bytes }) => [
    kind,
    name,
    String(files),
    formatBytes(bytes),
  ]);
  printTable(context, ["KIND", "NAME", "FILES", "SIZE"], rows);
}

export async function clearCached(context: CliContext, flags: ClearFlags): Promise<void> {
  const home = homeOf(context);
  const { signal } = context;
  await using local = openStore({ home });
  const items = (await listCache({ home, local }, { signal })).filter(
    ({ kind }) => flags.all === true || kind !== "other",
  );
  const running = flags.force === true ? new Set<string>() : await runningHere(context, flags);
  const isSpared = ({ kind, name }: CachedItem) => kind === "bento" && running.has(name);
  const going = items.filter((item) => !isSpared(item));
  if (going.length > 0) {
    const question = `clear ${going.length} items, ${formatBytes(bytesOf(going))}?`;
    await confirm(context, question, flags.yes === true);
  }
  const { cleared, spared } = await clearCache({ home, local }, items, { isSpared, signal });
  if (flags.json === true) {
    await printDocument(context, { cleared, spared }, "json");
    return;
  }
  context.out(`cleared ${cleared.length} items, ${formatBytes(bytesOf(cleared))}\n`);
  for (const { name } of spared) {
    context.err(`${name} stays: a deployment on this machine runs it\n`);
  }
}

/** Tags of bentos that servers of `deploy --platform local` read from the cache. */
async function runningHere(
  context: CliContext,
  flags: { readonly store?: string },
): Promise<Set<string>> {
  await using store = await storeOf(context, flags.store);
  const tags = new Set<string>();
  for await (const place of store.deployments.list({ signal: context.signal })) {
    const running = place.platform === "local" ? await store.deployments.running(place) : undefined;
    if (running !== undefined) {
      tags.add(formatTag(running.bento));
    }
  }
  return tags;
}

function bytesOf(items: readonly CachedItem[]): number {
  return items.reduce((sum, { bytes }) => sum + bytes, 0);
}

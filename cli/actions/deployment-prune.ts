/**
 * Removes versions and images of a deployment that nothing needs.
 *
 * @module
 */
import type { Pruned } from "../../adapters/adapter.ts";
import { BentoError } from "../../core/bento-error.ts";
import { confirm } from "../confirm.ts";
import type { CliContext } from "../context.ts";
import { type DeploymentFlags, namedDeployment } from "../deployment-key.ts";
import { ensurePeers } from "../ensure-peers.ts";
import { printDocument } from "../output.ts";

export interface PruneFlags extends DeploymentFlags {
  readonly keep: string;
  readonly plan?: boolean;
  readonly yes?: boolean;
}

export async function prune(context: CliContext, name: string, flags: PruneFlags): Promise<void> {
  const keep = readKeep(flags.keep);
  const { key, adapter, given, runtime } = await namedDeployment(context, name, flags);
  await ensurePeers(context, adapter, flags.yes === true);
  const { pruneDeployment } = await import("../../deploy/prune.ts");
  const dry = await pruneDeployment(key, runtime, { ...given, keep, isDry: true });
  if (flags.plan === true || dry.removed.length === 0) {
    await show(context, dry, { isJson: flags.json === true, isDry: true });
    return;
  }
  context.err(dry.removed.map((line) => `- ${line}\n`).join(""));
  const what = `${dry.removed.length} ${dry.removed.length === 1 ? "thing" : "things"}`;
  await confirm(context, `remove ${what} of ${key.name} on ${key.platform}?`, flags.yes === true);
  const done = await pruneDeployment(key, runtime, { ...given, keep });
  await show(context, done, { isJson: flags.json === true, isDry: false });
}

async function show(
  context: CliContext,
  { removed, kept }: Pruned,
  { isJson, isDry }: { readonly isJson: boolean; readonly isDry: boolean },
): Promise<void> {
  if (isJson) {
    await printDocument(context, { removed, kept, isDry }, "json");
    return;
  }
  context.out(removed.map((line) => `${line}\n`).join(""));
  context.err(kept.map((line) => `= ${line}\n`).join(""));
  if (removed.length === 0) {
    context.err("nothing to remove\n");
  } else if (isDry) {
    context.err("nothing was removed: leave --plan out to do so\n");
  }
}

function readKeep(text: string): number {
  if (!/^\d{1,6}$/.test(text)) {
    throw new BentoError(
      "BENTO_USAGE",
      `expected --keep with a number of versions, got ${JSON.stringify(text)}`,
      { hint: "e.g. --keep 5" },
    );
  }
  return Number(text);
}

/**
 * Models that were asked for by an alias: a bento pins the version that the alias meant when it was made, and the alias
 * may mean another one now.
 *
 * @module
 */
import type { Plan, PlannedBento } from "../core/plan.ts";
import { formatTag, parseTag } from "../core/tag.ts";
import type { DeployRuntime } from "./runtime.ts";

/** A model of a bento that was asked for by an alias. */
export interface AskedAlias {
  /** Name in the service's `models`. */
  readonly key: string;
  /** Of the model. */
  readonly name: string;
  readonly alias: string;
  /** The version that the bento has. */
  readonly version: string;
  /** What the alias means now. */
  readonly means: string;
}

/**
 * The models of a bento that were asked for by what is an alias now.
 *
 * @param models - tells what aliases mean
 */
export async function askedAliases(
  bento: PlannedBento,
  models: NonNullable<DeployRuntime["store"]["models"]>,
): Promise<AskedAlias[]> {
  const found: AskedAlias[] = [];
  for (const [key, { tag, asked }] of Object.entries(bento.models)) {
    if (asked !== undefined) {
      const { name, version: alias = "" } = parseTag(asked);
      const means = (await models.aliases(name))[alias];
      if (means !== undefined) {
        found.push({ key, name, alias, version: parseTag(tag).version ?? "", means });
      }
    }
  }
  return found;
}

/** Notices for aliases that have moved since the bento was made. A plan does not hold them: it pins what it deploys. */
export async function tellMovedAliases(plan: Plan, runtime: DeployRuntime): Promise<void> {
  const { store, onProgress } = runtime;
  if (store.models === undefined || onProgress === undefined) {
    return;
  }
  for (const { key, name, alias, version, means } of await askedAliases(plan.bento, store.models)) {
    if (means !== version) {
      const asked = formatTag({ name, version: alias });
      onProgress({
        kind: "notice",
        message: `${asked} means ${means} now, the bento has ${version}; deploy that with --model ${key}=${asked}`,
      });
    }
  }
}

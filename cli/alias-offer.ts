/**
 * After a roll back: the alias that the version was deployed by still means the model that was taken away. It is moved
 * back where the user says so, and named where nobody can be asked.
 *
 * @module
 */
import type { Deployment } from "../core/deployment.ts";
import { formatTag, parseTag } from "../core/tag.ts";
import type { AskedAlias } from "../deploy/aliases.ts";
import type { AliasChange } from "../model-store/aliases.ts";
import type { Store } from "../model-store/store.ts";
import type { CliContext } from "./context.ts";
import { originOf } from "./origin.ts";

export interface AliasOffer {
  readonly store: Store;
  /** Name of the deployment. */
  readonly deployment: string;
  /** What served before the roll back, and what serves now. */
  readonly left: Deployment | undefined;
  readonly now: Deployment | undefined;
  /** The user's answer where it was given as a flag; undefined to ask. */
  readonly isWanted: boolean | undefined;
}

/** @returns the aliases that were moved, with their models */
export async function offerAliases(
  context: CliContext,
  { store, deployment, left, now, isWanted }: AliasOffer,
): Promise<(AliasChange & { readonly model: string })[]> {
  if (left === undefined || now === undefined || isWanted === false) {
    return [];
  }
  const { askedAliases } = await import("../deploy/aliases.ts");
  const moved: (AliasChange & { model: string })[] = [];
  for (const asked of await askedAliases(left.bento, store.models)) {
    const back = parseTag(now.bento.models[asked.key]?.tag ?? asked.name);
    const isBehind = asked.means === asked.version && back.version !== asked.version;
    // somebody has moved it since, or the service uses another model there
    if (isBehind && back.name === asked.name && back.version !== undefined) {
      if (isWanted === true || (await isYes(context, asked, back.version))) {
        const change = await store.models.setAlias(back, asked.alias, {
          ...(await originOf(context)),
          why: `deployment ${deployment} was rolled back`,
          expect: asked.version,
          isRollBack: true,
          signal: context.signal,
        });
        context.err(`${asked.name}:${asked.alias}: ${asked.version} → ${back.version}\n`);
        moved.push({ model: asked.name, ...change });
      } else {
        const line = `bento models alias ${formatTag(back)} --to ${asked.alias}`;
        context.err(`! ${asked.name}:${asked.alias} still means ${asked.version}: ${line}\n`);
      }
    }
  }
  return moved;
}

async function isYes(
  context: CliContext,
  { name, alias, means }: AskedAlias,
  back: string,
): Promise<boolean> {
  const answer = await context.ask(
    `${name}:${alias} means ${means}; move it back to ${back}? [y/N] `,
  );
  return answer !== undefined && /^y(es)?$/i.test(answer.trim());
}

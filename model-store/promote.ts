/**
 * Promotion: an alias moves to another version once every gate holds, and its chain keeps who moved it, why, from where
 * and by which run. Nothing else is touched.
 *
 * @module
 */
import type { KeyObject } from "node:crypto";
import { BentoError } from "../core/bento-error.ts";
import { checkGate, type Gate, type GateVerdict, type Metrics } from "../core/gate.ts";
import type { ModelManifest } from "../core/model-manifest.ts";
import { type ExactTag, formatTag, type Tag } from "../core/tag.ts";
import {
  type AliasChange,
  type AliasMove,
  aliasChain,
  aliasVersion,
  type MoveAliasOptions,
  moveAlias,
} from "./aliases.ts";
import type { WaitOptions } from "./driver.ts";
import { resolveTag } from "./resolve-tag.ts";
import { findVersion, type Shelf } from "./shelf.ts";
import { refuseUnsignedModel } from "./sign-model.ts";

export interface PromoteOptions extends MoveAliasOptions {
  /** The alias to move. */
  readonly to: string;
  /** An alias that has to mean the version at this moment, e.g. `staging`. @default none */
  readonly from?: string | undefined;
  /** Public key whose owner has to have signed the model: {@link signModel}. @default none */
  readonly signedBy?: KeyObject | undefined;
  /** Conditions on the model's numbers. @default none */
  readonly gates?: readonly Gate[] | undefined;
  /** Numbers of the model beside its metadata, and before it. @default none */
  readonly metrics?: Metrics | undefined;
  /**
   * Numbers that come of comparing the model with the one that is promoted now, undefined where none is; e.g. churn.
   *
   * @default none
   */
  readonly compare?:
    | ((current: ModelManifest | undefined, next: ModelManifest) => Promise<Metrics>)
    | undefined;
}

export interface Promotion extends AliasChange {
  readonly tag: ExactTag;
  readonly verdicts: readonly GateVerdict[];
  /** The key that signed it, as bundles tell it, where that was asked for. */
  readonly signedBy?: string;
}

export interface RollBackOptions extends MoveAliasOptions {
  readonly alias: string;
}

/**
 * @param tag - what to promote
 * @throws BentoError BENTO_REFUSED when it is not signed as asked, or naming each gate that does not hold; BENTO_CONFLICT when the alias has moved while the
 * gates were asked, or does not mean what was expected
 */
export async function promote(
  shelf: Shelf<ModelManifest>,
  tag: Tag,
  options: PromoteOptions,
): Promise<Promotion> {
  const { to, from, signedBy, gates = [], metrics = {}, compare, signal, ...said } = options;
  const stored = await resolveTag(shelf, tag, { signal });
  const { manifest } = stored;
  const { name, version } = manifest;
  if (from !== undefined) {
    await checkFrom(shelf, { name, version }, from, { signal });
  }
  const key = signedBy && (await refuseUnsignedModel(shelf, stored, signedBy, { signal }));
  const meant = (await aliasVersion(shelf, { name, version: to }, { signal })) ?? null;
  const current =
    meant === null ? undefined : await findVersion(shelf, { name, version: meant }, { signal });
  const compared = (await compare?.(current?.manifest, manifest)) ?? {};
  const own = { ...manifest.metadata, ...metrics, ...compared };
  const verdicts = gates.map((gate) => checkGate(gate, own, current?.manifest.metadata));
  checkVerdicts(formatTag({ name, version }), to, verdicts);
  // gates were asked about this version: where the alias has moved since, they have to be asked again
  const expect = gates.length > 0 && said.expect === undefined ? meant : said.expect;
  const change = await moveAlias(shelf, { name, version }, to, { ...said, from, expect, signal });
  const signature = key === undefined ? {} : { signedBy: key };
  return { tag: { name, version }, ...change, verdicts, ...signature };
}

/**
 * Moves an alias back to what it meant before; a second time, to what it meant before that.
 *
 * @throws BentoError BENTO_NOT_FOUND when it has meant nothing earlier that still exists
 */
export async function rollBack(
  shelf: Shelf<ModelManifest>,
  name: string,
  { alias, signal, ...said }: RollBackOptions,
): Promise<AliasChange> {
  const moves = await Array.fromAsync(aliasChain(shelf, name, alias).history({ signal }));
  const now = moves[0]?.value.version ?? null;
  const earlier = earlierMeanings(moves.map(({ value }) => value).reverse());
  for (const version of earlier) {
    if ((await findVersion(shelf, { name, version }, { signal })) !== undefined) {
      const why = said.why ?? `rolled back from ${now ?? "nothing"}`;
      const expect = said.expect === undefined ? now : said.expect;
      const options = { ...said, why, expect, isRollBack: true, signal };
      return moveAlias(shelf, { name, version }, alias, options);
    }
  }
  throw new BentoError(
    "BENTO_NOT_FOUND",
    moves.length === 0
      ? `model ${name} has no alias ${alias}`
      : `${name}:${alias} meant nothing before ${now ?? "that"} that still exists`,
    { where: shelf.driver.url, hint: `bento models history ${name} shows what it meant` },
  );
}

/**
 * What an alias meant before now, the latest first: a move forward adds a meaning, one back takes away those after it.
 *
 * @param moves - oldest first
 */
function earlierMeanings(moves: readonly AliasMove[]): string[] {
  const meanings: string[] = [];
  for (const { version, isRollBack } of moves) {
    const at = version === null ? -1 : meanings.lastIndexOf(version);
    if (isRollBack === true && at >= 0) {
      meanings.length = at + 1;
    } else if (version !== null) {
      meanings.push(version);
    }
  }
  const now = moves.at(-1)?.version;
  return meanings.filter((version) => version !== now).reverse();
}

async function checkFrom(
  shelf: Shelf<ModelManifest>,
  tag: ExactTag,
  from: string,
  options: WaitOptions,
): Promise<void> {
  const meant = await aliasVersion(shelf, { name: tag.name, version: from }, options);
  if (meant !== tag.version) {
    const found = meant === undefined ? "there is no such alias" : `${from} means ${meant}`;
    throw new BentoError("BENTO_REFUSED", `${formatTag(tag)} is not what ${from} means: ${found}`, {
      where: shelf.driver.url,
      hint: `promote ${tag.name}:${from}, or move ${from} first`,
    });
  }
}

function checkVerdicts(tag: string, to: string, verdicts: readonly GateVerdict[]): void {
  const refused = verdicts.filter(({ holds }) => !holds);
  if (refused.length > 0) {
    const lines = refused.map(({ gate, reason }) => `\n  ${gate}: ${reason}`).join("");
    throw new BentoError("BENTO_REFUSED", `${tag} is not promoted to ${to}:${lines}`, {
      where: "--require",
      hint: "numbers come from the model's metadata (bento models get shows it), from --metrics FILE, or churn from --on ROWS",
    });
  }
}

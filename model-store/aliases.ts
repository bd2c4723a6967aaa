/**
 * Aliases: names for versions that people move, such as `production`. Every move is an entry that says who, why and
 * from where.
 *
 * @module
 */
import * as z from "zod";
import { BentoError } from "../core/bento-error.ts";
import { type ExactTag, formatTag, LATEST, TAG_PART } from "../core/tag.ts";
import { type Chain, openChain } from "./chain.ts";
import type { WaitOptions } from "./driver.ts";
import { aliasesPrefix, aliasPrefix } from "./keys.ts";
import { children } from "./scan.ts";
import { findVersion, type Shelf } from "./shelf.ts";

/** One move of an alias. */
export const AliasMove = z.object({
  version: z
    .string()
    .nullable()
    .describe("What the alias means from now on; null when it was removed."),
  previous: z.string().nullable().describe("What it meant before; null when it was new."),
  who: z.string().optional(),
  why: z.string().optional(),
  from: z.string().optional().describe("The alias that it was promoted from."),
  revision: z.string().optional().describe("Commit of the sources at that moment."),
  run: z.string().optional().describe("Address of the job that did it."),
  isRollBack: z.boolean().optional().describe("Whether it went back to what it meant before."),
});
export type AliasMove = z.infer<typeof AliasMove>;

/** What a call did to an alias; nothing, where both are the same. */
export interface AliasChange {
  readonly alias: string;
  /** What it means now, null for nothing. */
  readonly version: string | null;
  /** What it meant before, null for nothing. */
  readonly previous: string | null;
}

export interface MoveAliasOptions extends WaitOptions {
  readonly who?: string | undefined;
  readonly why?: string | undefined;
  /** The alias that the version is promoted from. */
  readonly from?: string | undefined;
  /** Commit of the sources. */
  readonly revision?: string | undefined;
  /** Address of the job that does it. */
  readonly run?: string | undefined;
  /** Marks the move as one that goes back. @default false */
  readonly isRollBack?: boolean | undefined;
  /** The version that the alias has to mean at this moment, null for none. @default any */
  readonly expect?: string | null | undefined;
}

/** The chain of an alias. */
export function aliasChain<Manifest extends ExactTag>(
  { driver, kind, now }: Shelf<Manifest>,
  name: string,
  alias: string,
): Chain<AliasMove> {
  return openChain({ driver, prefix: aliasPrefix(kind, name, alias), value: AliasMove, now });
}

/** The version that an alias means, undefined when there is no such alias. */
export async function aliasVersion<Manifest extends ExactTag>(
  shelf: Shelf<Manifest>,
  tag: ExactTag,
  options?: WaitOptions,
): Promise<string | undefined> {
  const head = await aliasChain(shelf, tag.name, tag.version).head(options);
  return head?.value.version ?? undefined;
}

/** The aliases of a name with their versions, by alias. */
export async function listAliases<Manifest extends ExactTag>(
  shelf: Shelf<Manifest>,
  name: string,
  options?: WaitOptions,
): Promise<Record<string, string>> {
  const aliases: Record<string, string> = {};
  for await (const child of children(shelf.driver, aliasesPrefix(shelf.kind, name), options)) {
    const version = await aliasVersion(shelf, { name, version: child.name }, options);
    if (version !== undefined) {
      aliases[child.name] = version;
    }
  }
  return aliases;
}

/** Every alias that a name has or had. */
export async function listAliasNames<Manifest extends ExactTag>(
  { driver, kind }: Shelf<Manifest>,
  name: string,
  options?: WaitOptions,
): Promise<string[]> {
  const found = await Array.fromAsync(children(driver, aliasesPrefix(kind, name), options));
  return found.map((child) => child.name);
}

/**
 * Moves an alias; writes nothing when it means that version already.
 *
 * @param tag - must exist
 * @throws BentoError BENTO_INVALID_INPUT when the alias breaks the rule for names or is a version
 * @throws BentoError BENTO_CONFLICT when it does not mean what was expected
 */
export async function moveAlias<Manifest extends ExactTag>(
  shelf: Shelf<Manifest>,
  tag: ExactTag,
  alias: string,
  options: MoveAliasOptions = {},
): Promise<AliasChange> {
  checkAlias(alias);
  if ((await findVersion(shelf, { name: tag.name, version: alias }, options)) !== undefined) {
    throw new BentoError(
      "BENTO_INVALID_INPUT",
      `${formatTag({ ...tag, version: alias })} is a version`,
      {
        where: shelf.driver.url,
        hint: "choose another alias: one that is a version could never be asked for",
      },
    );
  }
  return await appendMove(shelf, { name: tag.name, version: alias }, tag.version, options);
}

/**
 * Removes an alias; its history stays.
 *
 * @returns with `previous` null when there was no such alias
 * @throws BentoError BENTO_CONFLICT when it does not mean what was expected
 */
export async function dropAlias<Manifest extends ExactTag>(
  shelf: Shelf<Manifest>,
  tag: ExactTag,
  options: MoveAliasOptions = {},
): Promise<AliasChange> {
  return await appendMove(shelf, tag, null, options);
}

async function appendMove<Manifest extends ExactTag>(
  shelf: Shelf<Manifest>,
  tag: ExactTag,
  version: string | null,
  options: MoveAliasOptions,
): Promise<AliasChange> {
  const { who, why, from, revision, run, isRollBack, expect } = options;
  const said = Object.fromEntries(
    Object.entries({ who, why, from, revision, run, isRollBack }).filter(
      ([, value]) => value !== undefined,
    ),
  );
  let previous: string | null = null;
  await aliasChain(shelf, tag.name, tag.version).append((head) => {
    previous = head?.value.version ?? null;
    if (expect !== undefined && previous !== expect) {
      throw new BentoError(
        "BENTO_CONFLICT",
        `expected ${formatTag(tag)} to mean ${expect ?? "nothing"}, it means ${previous ?? "nothing"}`,
        {
          where: shelf.driver.url,
          hint: "somebody was faster: look at its history and decide again",
        },
      );
    }
    return previous === version ? undefined : { version, previous, ...said };
  }, options);
  return { alias: tag.version, version, previous };
}

function checkAlias(alias: string): void {
  if (alias === LATEST || !TAG_PART.test(alias)) {
    const why = alias === LATEST ? "latest always means the version registered last" : "not a name";
    throw new BentoError(
      "BENTO_INVALID_INPUT",
      `${JSON.stringify(alias)} cannot be an alias: ${why}`,
      {
        hint: "choose 1 to 63 of a-z 0-9 . _ -, e.g. production",
      },
    );
  }
}

/**
 * Lists models in the order of their keys. A page costs what it shows: versions before and behind it are not read, and
 * those on it are read several at a time.
 *
 * @module
 */

import { BentoError } from "../core/bento-error.ts";
import type { ModelManifest } from "../core/model-manifest.ts";
import { formatTag, type Tag } from "../core/tag.ts";
import { listAliases } from "./aliases.ts";
import { collect } from "./collect.ts";
import type { WaitOptions } from "./driver.ts";
import { namesPrefix } from "./keys.ts";
import { type Labels, readLabels } from "./labels.ts";
import { children } from "./scan.ts";
import { findVersion, listVersions, type Shelf, type StoredVersion } from "./shelf.ts";

/** A model with what may change of it. */
export interface RegisteredModel extends StoredVersion<ModelManifest> {
  readonly labels: Labels;
  /** Aliases that mean this version, sorted. */
  readonly aliases: readonly string[];
}

export interface ListModelsOptions extends WaitOptions {
  /** @default all names */
  readonly name?: string | undefined;
  /** The last one of the page before, with its version; it need not exist any more. @default the list begins */
  readonly after?: Tag | undefined;
  /** Most models to yield. @default all */
  readonly limit?: number | undefined;
}

/** Versions that are read at the same time. */
const AT_ONCE = 8;
/** Versions that are listed at the same time; what one listing of S3 gives. */
const MOST_LISTED = 1000;

/**
 * Names in the order of their characters, versions too; not the order of time, which no store keeps over all versions.
 *
 * @throws BentoError BENTO_INVALID_INPUT when `after` has no version, or is one of another name than `name`
 */
export async function* listModels(
  shelf: Shelf<ModelManifest>,
  options: ListModelsOptions = {},
): AsyncGenerator<RegisteredModel, void> {
  const { signal, limit = Number.POSITIVE_INFINITY } = options;
  let left = limit;
  for await (const place of places(shelf, options)) {
    for await (const model of modelsOf(shelf, place, { limit: left, signal })) {
      left -= 1;
      yield model;
    }
    if (left <= 0) {
      return;
    }
  }
}

/** A version with its labels and aliases. */
export async function describeModel(
  shelf: Shelf<ModelManifest>,
  stored: StoredVersion<ModelManifest>,
  options?: WaitOptions,
): Promise<RegisteredModel> {
  const aliases = await listAliases(shelf, stored.manifest.name, options);
  return await withLabels(shelf, stored, aliases, options);
}

/** A name with the version that its list begins behind. */
interface Place {
  readonly name: string;
  readonly after?: string | undefined;
}

async function* places(
  { driver, kind }: Shelf<ModelManifest>,
  { name, after, signal }: ListModelsOptions,
): AsyncGenerator<Place, void> {
  if (after !== undefined && (after.version === undefined || after.name !== (name ?? after.name))) {
    const tag = `${name ?? after.name}:${after.version ?? "v1"}`;
    throw new BentoError("BENTO_INVALID_INPUT", `a list cannot go on after ${formatTag(after)}`, {
      hint: `give the last tag of the page before, e.g. ${tag}`,
    });
  }
  if (name !== undefined || after !== undefined) {
    yield { name: name ?? after?.name ?? "", after: after?.version };
  }
  if (name === undefined) {
    yield* children(driver, namesPrefix(kind), { after: after?.name, signal });
  }
}

async function* modelsOf(
  shelf: Shelf<ModelManifest>,
  { name, after }: Place,
  { limit, signal }: WaitOptions & { readonly limit: number },
): AsyncGenerator<RegisteredModel, void> {
  let aliases: Readonly<Record<string, string>> | undefined;
  let [left, behind] = [limit, after];
  while (left > 0) {
    const asked = Math.min(left, MOST_LISTED);
    const versions = await collect(
      listVersions(shelf, name, { after: behind, limit: asked, signal }),
    );
    if (versions.length > 0) {
      aliases ??= await listAliases(shelf, name, { signal });
    }
    for await (const model of readSome(shelf, { name, versions, aliases }, { signal })) {
      left -= 1;
      yield model;
    }
    if (versions.length < asked) {
      return;
    }
    behind = versions.at(-1);
  }
}

/** What was deleted since it was listed is left out, and the page goes on behind it. */
async function* readSome(
  shelf: Shelf<ModelManifest>,
  { name, versions, aliases = {} }: Listed,
  options: WaitOptions,
): AsyncGenerator<RegisteredModel, void> {
  for (let from = 0; from < versions.length; from += AT_ONCE) {
    const some = versions.slice(from, from + AT_ONCE).map(async (version) => {
      const stored = await findVersion(shelf, { name, version }, options);
      return stored && withLabels(shelf, stored, aliases, options);
    });
    for (const model of await Promise.all(some)) {
      if (model !== undefined) {
        yield model;
      }
    }
  }
}

interface Listed {
  readonly name: string;
  readonly versions: readonly string[];
  readonly aliases: Readonly<Record<string, string>> | undefined;
}

async function withLabels(
  shelf: Shelf<ModelManifest>,
  stored: StoredVersion<ModelManifest>,
  aliases: Readonly<Record<string, string>>,
  options?: WaitOptions,
): Promise<RegisteredModel> {
  const { version } = stored.manifest;
  const own = Object.keys(aliases).filter((alias) => aliases[alias] === version);
  return {
    ...stored,
    labels: await readLabels(shelf, stored.manifest, options),
    aliases: own.sort(),
  };
}

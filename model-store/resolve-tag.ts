/**
 * From a tag as typed to the one version that it means: exact version, then alias, then the start of a version made
 * from content. What cannot be found is answered with what there is.
 *
 * @module
 */
import { BentoError } from "../core/bento-error.ts";
import { nearest } from "../core/nearest.ts";
import { type ExactTag, formatTag, LATEST, type Tag } from "../core/tag.ts";
import { aliasVersion, listAliases } from "./aliases.ts";
import { collect } from "./collect.ts";
import type { WaitOptions } from "./driver.ts";
import { latestVersion } from "./latest.ts";
import { findVersion, listNames, listVersions, type Shelf, type StoredVersion } from "./shelf.ts";

export interface ResolveOptions extends WaitOptions {
  /** Whether the start of a content-derived version will do, six characters or more. @default false */
  readonly allowPrefix?: boolean | undefined;
}

/** Versions as `contentVersion` makes them. */
const CONTENT_VERSION = /^[0-9a-f]{16}$/;
const SHORTEST_PREFIX = /^[0-9a-f]{6,15}$/;
const MOST_SHOWN = 10;

/**
 * Finds the version that a tag means.
 *
 * @param tag - without a version, or with `latest`, it means the one registered last
 * @throws BentoError BENTO_NOT_FOUND with what exists and the nearest name
 * @throws BentoError BENTO_INVALID_INPUT when a prefix fits several versions
 */
export async function resolveTag<Manifest extends ExactTag>(
  shelf: Shelf<Manifest>,
  tag: Tag,
  options: ResolveOptions = {},
): Promise<StoredVersion<Manifest>> {
  const { name, version = LATEST } = tag;
  const exact =
    version === LATEST
      ? await latestVersion(shelf, name, options)
      : await meantVersion(shelf, { name, version }, options);
  const stored =
    exact === undefined ? undefined : await findVersion(shelf, { name, version: exact }, options);
  if (stored === undefined) {
    throw exact === undefined || version === LATEST
      ? await notFound(shelf, tag, options)
      : danglingAlias(shelf, { name, version }, exact);
  }
  return stored;
}

async function meantVersion<Manifest extends ExactTag>(
  shelf: Shelf<Manifest>,
  tag: ExactTag,
  options: ResolveOptions,
): Promise<string | undefined> {
  if ((await findVersion(shelf, tag, options)) !== undefined) {
    return tag.version;
  }
  const aliased = await aliasVersion(shelf, tag, options);
  if (aliased !== undefined || options.allowPrefix !== true || !SHORTEST_PREFIX.test(tag.version)) {
    return aliased;
  }
  const matches = await versionsStarting(shelf, tag, options);
  if (matches.length > 1) {
    throw new BentoError(
      "BENTO_INVALID_INPUT",
      `${formatTag(tag)} is the start of ${matches.length} versions: ${matches.slice(0, MOST_SHOWN).join(", ")}`,
      { where: shelf.driver.url, hint: "write more of it" },
    );
  }
  return matches[0];
}

async function versionsStarting<Manifest extends ExactTag>(
  shelf: Shelf<Manifest>,
  tag: ExactTag,
  options: WaitOptions,
): Promise<string[]> {
  const versions = await collect(listVersions(shelf, tag.name, options));
  return versions.filter(
    (version) => CONTENT_VERSION.test(version) && version.startsWith(tag.version),
  );
}

async function notFound<Manifest extends ExactTag>(
  shelf: Shelf<Manifest>,
  tag: Tag,
  options: WaitOptions,
): Promise<BentoError> {
  const { noun, driver } = shelf;
  const versions = await collect(listVersions(shelf, tag.name, options));
  if (versions.length === 0) {
    const names = (await collect(listNames(shelf, options))).sort();
    return new BentoError("BENTO_NOT_FOUND", `no ${noun} is called ${tag.name}`, {
      where: driver.url,
      hint:
        names.length === 0
          ? `the store has no ${noun}s yet`
          : hint(tag.name, { [`${noun}s`]: names }),
    });
  }
  const aliases = Object.keys(await listAliases(shelf, tag.name, options)).sort();
  const typed = tag.version ?? LATEST;
  const started = (await versionsStarting(shelf, { name: tag.name, version: typed }, options))[0];
  return new BentoError("BENTO_NOT_FOUND", `${noun} ${tag.name} has no version or alias ${typed}`, {
    where: driver.url,
    hint:
      started !== undefined && SHORTEST_PREFIX.test(typed)
        ? `write the whole version here: ${tag.name}:${started}`
        : hint(typed, { versions, aliases }),
  });
}

function danglingAlias<Manifest extends ExactTag>(
  shelf: Shelf<Manifest>,
  tag: ExactTag,
  version: string,
): BentoError {
  return new BentoError(
    "BENTO_NOT_FOUND",
    `${formatTag(tag)} means ${version}, which is not in the store`,
    {
      where: shelf.driver.url,
      hint: `import ${tag.name}:${version} again, or move the alias: bento models alias ${tag.name}:VERSION --to ${tag.version}`,
    },
  );
}

/** `did you mean iris? models here: digits, iris` */
function hint(typed: string, existing: Readonly<Record<string, readonly string[]>>): string {
  const meant = nearest(typed, Object.values(existing).flat());
  const lists = Object.entries(existing)
    .filter(([, names]) => names.length > 0)
    .map(([what, names]) => `${what} here: ${shortList(names)}`);
  return `${meant === undefined ? "" : `did you mean ${meant}? `}${lists.join("; ")}`;
}

function shortList(names: readonly string[]): string {
  const shown = names.slice(0, MOST_SHOWN).join(", ");
  return names.length > MOST_SHOWN ? `${shown} and ${names.length - MOST_SHOWN} more` : shown;
}

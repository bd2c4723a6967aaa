/**
 * Makes a version invisible. What uses it is named and in the way, unless force is asked for; bytes stay for others.
 *
 * @module
 */
import { BentoError } from "../core/bento-error.ts";
import { type ExactTag, formatTag, type Tag } from "../core/tag.ts";
import { dropAlias, listAliases } from "./aliases.ts";
import { collect } from "./collect.ts";
import type { WaitOptions } from "./driver.ts";
import { versionKey } from "./keys.ts";
import { changeLabels } from "./labels.ts";
import { unmarkLatest } from "./latest.ts";
import { aliasReferences, checkUnused, type Reference } from "./references.ts";
import { resolveTag } from "./resolve-tag.ts";
import { listVersions, type Shelf } from "./shelf.ts";

export interface DeleteOptions extends WaitOptions {
  /** Deletes also what is used: aliases of it are removed, bentos and deployments of it stay. @default false */
  readonly force?: boolean | undefined;
}

export interface Deleted {
  readonly tag: ExactTag;
  /** What used it, in words; empty without force. */
  readonly broken: readonly Reference[];
}

/**
 * Deletes the version that a tag means.
 *
 * @param references - users other than aliases
 * @throws BentoError BENTO_INVALID_INPUT when the tag has no version, BENTO_CONFLICT when it is used
 */
export async function deleteVersion<Manifest extends ExactTag>(
  shelf: Shelf<Manifest>,
  references: (tag: ExactTag) => Promise<Reference[]>,
  tag: Tag,
  { force = false, signal }: DeleteOptions = {},
): Promise<Deleted> {
  const { name, version } = await resolveNamed(shelf, tag, { signal });
  const exact = { name, version };
  const used = [...(await aliasReferences(shelf, exact, { signal })), ...(await references(exact))];
  if (!force) {
    checkUnused(shelf.noun, exact, used);
  }
  await shelf.driver.delete(versionKey(shelf.kind, name, version), { signal });
  for (const [alias, meant] of Object.entries(await listAliases(shelf, name, { signal }))) {
    if (meant === version) {
      await dropAlias(
        shelf,
        { name, version: alias },
        { why: `${formatTag(exact)} was deleted`, signal },
      );
    }
  }
  // the same version may be registered again, and should not inherit
  await changeLabels(shelf, exact, () => ({}), { signal });
  await unmarkLatest(shelf, exact, { signal });
  return { tag: exact, broken: used };
}

async function resolveNamed<Manifest extends ExactTag>(
  shelf: Shelf<Manifest>,
  tag: Tag,
  options: WaitOptions,
): Promise<ExactTag> {
  const { manifest } = await resolveTag(shelf, tag, options);
  if (tag.version === undefined) {
    const versions = await collect(listVersions(shelf, tag.name, { ...options, limit: 5 }));
    throw new BentoError(
      "BENTO_INVALID_INPUT",
      `${tag.name} does not say which version to delete`,
      {
        where: shelf.driver.url,
        hint: `add one, e.g. ${tag.name}:${versions[0]}`,
      },
    );
  }
  return manifest;
}

/**
 * Deletes versions of models or bentos by their tags: asked once for all, told one by one.
 *
 * @module
 */
import { BentoError } from "../core/bento-error.ts";
import { type ExactTag, formatTag, parseTag, type Tag } from "../core/tag.ts";
import { confirm } from "./confirm.ts";
import type { CliContext } from "./context.ts";
import { printDocument } from "./output.ts";

export interface DeleteRequest {
  /** As typed. */
  readonly tags: readonly string[];
  /** What its list and delete commands follow, for advice: `bento models`. */
  readonly command: string;
  /** The part of the store that has them. */
  readonly versions: {
    resolve(tag: Tag): Promise<ExactTag>;
    delete(tag: Tag, options: { readonly force: boolean }): Promise<unknown>;
  };
  readonly flags: { readonly yes?: boolean; readonly force?: boolean; readonly json?: boolean };
}

/** @throws BentoError BENTO_USAGE for a tag without a version, before anything is deleted */
export async function deleteVersions(
  context: CliContext,
  { tags, command, versions, flags }: DeleteRequest,
): Promise<void> {
  const exact: ExactTag[] = [];
  for (const text of tags) {
    // a prefix is never enough to delete, and a bare name would hide which version goes
    exact.push(await versions.resolve(versionedTag(text, command)));
  }
  const words = exact.map(formatTag);
  await confirm(context, `delete ${words.join(", ")}?`, flags.yes === true);
  for (const tag of exact) {
    await versions.delete(tag, { force: flags.force === true });
    if (flags.json !== true) {
      context.out(`${formatTag(tag)}\n`); // one that fails after it must not hide that this one is gone
    }
  }
  if (flags.json === true) {
    await printDocument(context, { deleted: words }, "json");
  }
}

function versionedTag(text: string, command: string): Tag {
  const tag = parseTag(text);
  if (tag.version === undefined) {
    throw new BentoError(
      "BENTO_USAGE",
      `which version of ${tag.name}? a bare name deletes nothing`,
      {
        hint: `${command} list ${tag.name} shows them; then ${command} delete ${tag.name}:VERSION`,
      },
    );
  }
  return tag;
}

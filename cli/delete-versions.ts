/**
 * Deletes versions of models or bentos by their tags: asked once for all, told one by one.
 *
 * @module
 */
import { BentoError } from "../core/bento-error.ts";
import { type ExactTag, formatTag, parseTag, type Tag } from "../core/tag.ts";
import type { Deleted } from "../model-store/delete-version.ts";
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
    delete(tag: Tag, options: { readonly force: boolean }): Promise<Deleted>;
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
  const allBroken: Record<string, Deleted["broken"]> = {};
  for (const tag of exact) {
    const { broken } = await versions.delete(tag, { force: flags.force === true });
    if (flags.json !== true) {
      context.out(`${formatTag(tag)}\n`); // one that fails after it must not hide that this one is gone
      for (const user of broken) {
        context.err(brokenLine(formatTag(tag), user));
      }
    }
    if (broken.length > 0) {
      allBroken[formatTag(tag)] = broken;
    }
  }
  if (flags.json === true) {
    const isBroken = Object.keys(allBroken).length > 0;
    const document = { deleted: words, ...(isBroken ? { broken: allBroken } : {}) };
    await printDocument(context, document, "json");
  }
}

/** An alias goes with its version; bentos and deployments stay, and lack it. */
function brokenLine(tag: string, user: string): string {
  const what = user.startsWith("alias ") ? `${user} went with it` : `${user} still needs it`;
  return `${tag} is gone: ${what}\n`;
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

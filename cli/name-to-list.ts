/**
 * The name whose versions are listed.
 *
 * @module
 */
import { BentoError } from "../core/bento-error.ts";
import { formatTag, parseTag } from "../core/tag.ts";

/**
 * @param command - what lists, for messages, e.g. `bento models`
 * @throws BentoError BENTO_USAGE when a version stands with it
 */
export function nameToList(text: string, command: string): string {
  const tag = parseTag(text);
  if (tag.version !== undefined) {
    throw new BentoError("BENTO_USAGE", `expected a name to list, got the tag ${formatTag(tag)}`, {
      hint: `${command} get ${formatTag(tag)} shows it; ${command} list ${tag.name} lists its versions`,
    });
  }
  return tag.name;
}

/**
 * An image in a layout as users write it: `DIR` or `DIR:NAME`. Both may hold colons and slashes, so what is there decides
 * where the folder ends.
 *
 * @module
 */
import { access } from "node:fs/promises";
import { join, resolve } from "node:path";

export interface LayoutReference {
  /** Absolute. */
  readonly directory: string;
  /** In the layout's index; undefined for the only image. */
  readonly name: string | undefined;
}

/**
 * Splits at the first colon with a layout before it; where there is no layout, at the last one with no slash behind it.
 *
 * @param text - without `oci:`
 * @param cwd - folder that a relative path starts from
 */
export async function splitLayoutReference(text: string, cwd: string): Promise<LayoutReference> {
  for (let at = text.indexOf(":"); at > 0; at = text.indexOf(":", at + 1)) {
    const directory = resolve(cwd, text.slice(0, at));
    if (at < text.length - 1 && (await isLayout(directory))) {
      return { directory, name: text.slice(at + 1) };
    }
  }
  if (await isLayout(resolve(cwd, text))) {
    return { directory: resolve(cwd, text), name: undefined };
  }
  const [, directory = text, name] = /^(.+?)(?::([^/\\]+))?$/.exec(text) ?? [];
  return { directory: resolve(cwd, directory), name };
}

async function isLayout(directory: string): Promise<boolean> {
  return access(join(directory, "oci-layout")).then(
    () => true,
    () => false,
  );
}

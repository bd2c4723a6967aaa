/**
 * Packages that only one cloud needs are the user's to install: they are looked for in the user's project first, then
 * beside us.
 *
 * @module
 */
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { BentoError } from "../../../core/bento-error.ts";

/**
 * Loads a package.
 *
 * @param name - of the package
 * @param use - what needs it, for the message
 */
export type PeerLoader = (name: string, use: string) => Promise<unknown>;

/**
 * @param projectDirectory - where the user's own packages are
 * @throws BentoError BENTO_MISSING_PEER with the line that installs what is missing
 */
export function peerLoader(projectDirectory: string): PeerLoader {
  return async (name, use) => {
    for (const from of [join(projectDirectory, "package.json"), import.meta.url]) {
      const file = resolved(name, from);
      if (file !== undefined) {
        return await import(pathToFileURL(file).href);
      }
    }
    throw new BentoError("BENTO_MISSING_PEER", `${use} needs ${name}, not installed here`, {
      where: projectDirectory,
      hint: `npm i -D ${name}`,
    });
  };
}

function resolved(name: string, from: string): string | undefined {
  try {
    return createRequire(from).resolve(name);
  } catch {
    return undefined;
  }
}

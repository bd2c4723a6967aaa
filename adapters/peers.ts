/**
 * Packages that only one platform needs are the user's to install; here it is seen whether they are, and the one line
 * that installs them is written.
 *
 * @module
 */
import { createRequire } from "node:module";
import { join } from "node:path";
import { BentoError } from "../core/bento-error.ts";
import type { Peer } from "./adapter.ts";

/**
 * @param projectDirectory - where the user's own packages are; our own place is looked at after it
 * @throws BentoError BENTO_MISSING_PEER with the line that installs what is missing
 */
export function requirePeers(
  platform: string,
  peers: readonly Peer[],
  projectDirectory: string,
): void {
  const missing = peers.filter(({ name }) => !isInstalled(name, projectDirectory));
  if (missing.length > 0) {
    const names = missing
      .map(({ name }) => name)
      .join(", ")
      .replace(/, ([^,]+)$/, " and $1");
    throw new BentoError("BENTO_MISSING_PEER", `${platform} needs ${names}, not installed here`, {
      where: projectDirectory,
      hint: installLine(missing),
    });
  }
}

/** `npm i -D name@version …`, for missing packages. */
export function installLine(peers: readonly Peer[]): string {
  return `npm i -D ${peers.map(({ name, version }) => `${name}@${version}`).join(" ")}`;
}

function isInstalled(name: string, projectDirectory: string): boolean {
  return [join(projectDirectory, "package.json"), import.meta.url].some((from) => {
    try {
      createRequire(from).resolve(`${name}/package.json`);
      return true;
    } catch {
      return false;
    }
  });
}

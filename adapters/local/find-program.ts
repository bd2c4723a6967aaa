/**
 * Finds installed programs, without running anything.
 *
 * @module
 */
import { access, constants } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { BentoError } from "../../core/bento-error.ts";

/** How each is installed. */
const INSTALL = {
  bwrap:
    "apt-get install bubblewrap, or the package bubblewrap of your Linux; it runs on Linux alone",
  podman: "apt-get install podman, or see https://podman.io/docs/installation",
  docker: "see https://docs.docker.com/engine/install",
} as const;

/**
 * @param ambient - the caller's environment, for its search path
 * @returns absolute path
 * @throws BentoError BENTO_UNSUPPORTED with how to install it
 */
export async function findProgram(
  name: keyof typeof INSTALL,
  ambient: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  const suffix = process.platform === "win32" ? ".exe" : "";
  for (const folder of (ambient["PATH"] ?? "").split(delimiter).filter((part) => part !== "")) {
    const path = join(folder, `${name}${suffix}`);
    if (await isExecutable(path)) {
      return path;
    }
  }
  throw new BentoError("BENTO_UNSUPPORTED", `${name} is not installed`, {
    where: `engine ${name}`,
    hint: `${INSTALL[name]}; or leave the engine out to run the bento as a process`,
  });
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

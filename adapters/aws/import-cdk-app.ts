/**
 * Loads a CDK app of ours when it is needed: it is heavy, and its libraries may be in the user's project while this package
 * is elsewhere, where it cannot see them.
 *
 * @module
 */
import { createRequire } from "node:module";
import * as z from "zod";
import { BentoError } from "../../core/bento-error.ts";

/**
 * @param load - imports the app's module
 * @throws BentoError BENTO_MISSING_PEER when its libraries are out of reach
 */
export async function importCdkApp<App>(
  projectDirectory: string,
  load: () => Promise<App>,
): Promise<App> {
  try {
    return await load();
  } catch (cause) {
    if (!(cause instanceof Error && "code" in cause && cause.code === "ERR_MODULE_NOT_FOUND")) {
      throw cause;
    }
    throw new BentoError("BENTO_MISSING_PEER", "this bento cannot load the project's aws-cdk-lib", {
      where: projectDirectory,
      hint: `install bentokit in the project beside it: npm i -D bentokit@${ownVersion()}`,
      cause,
    });
  }
}

/** Version of this package. */
export function ownVersion(): string {
  const manifest = createRequire(import.meta.url)("bentokit/package.json");
  return z.object({ version: z.string() }).parse(manifest).version;
}

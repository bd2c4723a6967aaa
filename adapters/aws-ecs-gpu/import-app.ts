/**
 * Loads the CDK app when it is needed: it is heavy, and its libraries may be in the user's project while this package is
 * elsewhere, where it cannot see them.
 *
 * @module
 */
import { createRequire } from "node:module";
import * as z from "zod";
import { BentoError } from "../../core/bento-error.ts";

/** @throws BentoError BENTO_MISSING_PEER when the library is out of reach */
export async function importApp(projectDirectory: string) {
  try {
    return await import("../../infra/ecs-app.ts");
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

/** Of this package. */
export function ownVersion(): string {
  const manifest = createRequire(import.meta.url)("bentokit/package.json");
  return z.object({ version: z.string() }).parse(manifest).version;
}

/**
 * What the packager bundles with a service, by this file's path: these exports are all that a bundle knows of us.
 *
 * @module
 */
import type { ServiceDescription } from "./describe.ts";
import type { ModuleExports } from "./find-service.ts";

export { type StartOptions, start } from "./start.ts";

/** Says what the service is, for a build: nothing of it is loaded where it is served. */
export async function describe(
  exports: ModuleExports,
  exportName?: string,
): Promise<ServiceDescription> {
  const parts = await import("./on-demand.ts");
  return parts.describe(exports, exportName);
}

/**
 * What the packager bundles with a service, by this file's path: these exports are all that a bundle knows of us.
 *
 * @module
 */
export { describe, type ServiceDescription } from "./describe.ts";
export { type StartOptions, start } from "./start.ts";

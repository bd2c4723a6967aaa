/**
 * What a server seldom needs: what it says of itself, and what reads files that are mostly absent. All of it is one part
 * of a bundle that is loaded when first asked for, because every part more is a file more to load at start.
 *
 * @module
 */
export { Profile } from "../core/profile.ts";
export { RuntimeManifest } from "../core/runtime-manifest.ts";
export { describe } from "./describe.ts";
export { documentsOf } from "./documents.ts";

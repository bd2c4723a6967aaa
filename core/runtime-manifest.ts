/**
 * A bento as the server that runs it reads it. Apart from the bento's own manifest, so that a cold start need not make the
 * schema of that.
 *
 * @module
 */
import * as z from "zod";
import { Digest } from "./digest.ts";
import { Padding } from "./padding.ts";

/**
 * What the handler reads at start, written as `bento.json` beside `src/` wherever a bento is made to run. It holds
 * nothing that bento.yaml does not; it is JSON so that no YAML reader ships in the image.
 */
export const RuntimeManifest = z.strictObject({
  name: z.string(),
  version: z.string(),
  digest: Digest,
  models: z.record(
    z.string(),
    z.strictObject({
      tag: z.string().describe("Exact tag, name:version."),
      digest: Digest,
      path: z.string().describe("File to open, relative to bento.json."),
      batchable: z.boolean(),
      padding: Padding.optional(),
    }),
  ),
});
export type RuntimeManifest = z.infer<typeof RuntimeManifest>;

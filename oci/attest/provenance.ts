/**
 * How an image came to be, in SLSA's words: from which bento, base, models and sources, by which builder, when. The one
 * document here that holds times, and so never a part of the image.
 *
 * @module
 */
import * as z from "zod";
import { canonicalJson } from "../../core/canonical-json.ts";

/** Something that went into an image. */
export const ResourceDescriptor = z.object({
  uri: z.string().describe("Where it is from, or what it is called."),
  digest: z.record(z.string(), z.string()).optional().describe("Hex digests by algorithm."),
  name: z.string().optional(),
});
export type ResourceDescriptor = z.infer<typeof ResourceDescriptor>;

export const Provenance = z.object({
  buildDefinition: z.object({
    buildType: z.string(),
    externalParameters: z.record(z.string(), z.json()).describe("What the user asked for."),
    internalParameters: z.record(z.string(), z.json()).optional(),
    resolvedDependencies: z.array(ResourceDescriptor).default([]),
  }),
  runDetails: z.object({
    builder: z.object({
      id: z.string(),
      version: z.record(z.string(), z.string()).optional(),
    }),
    metadata: z
      .object({ startedOn: z.string().optional(), finishedOn: z.string().optional() })
      .optional(),
  }),
});
export type Provenance = z.infer<typeof Provenance>;

/** Whether two images' documents tell of the same build, apart from when it ran. */
export function isSameBuild(a: Provenance, b: Provenance): boolean {
  const without = ({ buildDefinition, runDetails: { builder } }: Provenance) =>
    canonicalJson({ buildDefinition, builder });
  return without(a) === without(b);
}

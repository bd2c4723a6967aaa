/**
 * The documents of an image as registries and layouts hold them. What others wrote is read for the fields used here;
 * the rest passes through.
 *
 * @module
 */
import * as z from "zod";
import { BentoError } from "../core/bento-error.ts";
import { Digest } from "../core/digest.ts";

/** What images are built for. */
export const IMAGE_PLATFORMS = ["linux/amd64", "linux/arm64"] as const;
export type ImagePlatform = (typeof IMAGE_PLATFORMS)[number];

/** A pointer to content. */
export const Descriptor = z.object({
  mediaType: z.string(),
  digest: Digest,
  size: z.int().min(0).describe("Length in bytes."),
  annotations: z.record(z.string(), z.string()).optional(),
  artifactType: z.string().optional().describe("Of what is no image: an attachment of one."),
  platform: z
    .object({ os: z.string(), architecture: z.string(), variant: z.string().optional() })
    .optional(),
});
export type Descriptor = z.infer<typeof Descriptor>;

/** One image for one platform. */
export const ImageManifest = z.object({
  schemaVersion: z.literal(2),
  mediaType: z.string().optional(),
  artifactType: z.string().optional(),
  config: Descriptor,
  layers: z.array(Descriptor).describe("Lowest first."),
  subject: Descriptor.optional().describe("The image that this is attached to."),
  annotations: z.record(z.string(), z.string()).optional(),
});
export type ImageManifest = z.infer<typeof ImageManifest>;

/** A list of images, one per platform. */
export const ImageIndex = z.object({
  schemaVersion: z.literal(2),
  mediaType: z.string().optional(),
  manifests: z.array(Descriptor),
});
export type ImageIndex = z.infer<typeof ImageIndex>;

export const HistoryEntry = z.object({
  created: z.string().optional(),
  created_by: z.string().optional(),
  author: z.string().optional(),
  comment: z.string().optional(),
  empty_layer: z.boolean().optional(),
});
export type HistoryEntry = z.infer<typeof HistoryEntry>;

/** How a container of the image starts. */
export const RunConfig = z.object({
  User: z.string().nullish(),
  ExposedPorts: z.record(z.string(), z.object({})).nullish(),
  Env: z.array(z.string()).nullish(),
  Entrypoint: z.array(z.string()).nullish(),
  Cmd: z.array(z.string()).nullish(),
  WorkingDir: z.string().nullish(),
  Labels: z.record(z.string(), z.string()).nullish(),
});
export type RunConfig = z.infer<typeof RunConfig>;

export const ImageConfig = z.object({
  architecture: z.string(),
  os: z.string(),
  variant: z.string().optional(),
  created: z.string().optional(),
  config: RunConfig.nullish(),
  rootfs: z.object({ type: z.literal("layers"), diff_ids: z.array(Digest) }),
  history: z.array(HistoryEntry).nullish(),
});
export type ImageConfig = z.infer<typeof ImageConfig>;

/**
 * Checks a document that another system wrote.
 *
 * @param where - its name, for the message
 * @throws BentoError BENTO_INTEGRITY with a line per problem
 */
export function parseDocument<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  where: string,
): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(
      (issue) => `${issue.path.join(".") || "document"}: ${issue.message}`,
    );
    throw new BentoError("BENTO_INTEGRITY", problems.join("\n"), { where });
  }
  return parsed.data;
}

/**
 * A bento as `bento.yaml` states it: what was built, from which models, for which machine. Its version is the hash of
 * its content, so that no clock, host or measurement may stand in here.
 *
 * @module
 */
import * as z from "zod";
import { canonicalJson } from "./canonical-json.ts";
import { Digest, digestOf } from "./digest.ts";
import { contentVersion, hasEntry, StoredFile } from "./model-manifest.ts";
import { Padding } from "./padding.ts";
import { Resources, Traffic } from "./resources.ts";
import type { RuntimeManifest } from "./runtime-manifest.ts";
import { TAG_PART } from "./tag.ts";

/** A model that the service uses under a name of its own. */
export const BentoModel = z
  .strictObject({
    key: z.string().describe("Name in the service's `models`."),
    asked: z.string().describe("The tag as the service wrote it, e.g. iris_classifier:latest."),
    name: z.string().regex(TAG_PART),
    version: z.string().regex(TAG_PART),
    digest: Digest.describe("Digest of the model's manifest."),
    entry: z.string().describe("File that onnxruntime opens, within the model's folder."),
    files: z.array(StoredFile).min(1),
    batchable: z.boolean(),
    padding: Padding.optional(),
  })
  .refine(hasEntry, { path: ["entry"], error: "expected the path of one of the files" });
export type BentoModel = z.infer<typeof BentoModel>;

export const BentoManifest = z.strictObject({
  schema: z.literal(1).describe("Version of this format."),
  name: z.string().regex(TAG_PART),
  version: z.string().regex(TAG_PART),
  description: z.string().optional(),
  labels: z.record(z.string(), z.string()).default({}),
  service: z.string().describe("Name of the service, as its API documents show it."),
  apis: z.array(
    z.strictObject({
      name: z.string(),
      kind: z.enum(["api", "batch"]),
      description: z.string().optional(),
    }),
  ),
  models: z.array(BentoModel).describe("Sorted by key."),
  resources: Resources,
  traffic: Traffic,
  env: z.array(z.string()).describe("Environment variables that must be set where it runs."),
  runtime: z.strictObject({
    bentokit: z.string().describe("Version of this toolkit whose handler is inside."),
    node: z.string().describe("Major version of Node that it was built for."),
    onnxruntime: z.string().describe("Exact version of onnxruntime-node."),
  }),
  docker: z
    .strictObject({
      base: z.string().optional(),
      env: z.record(z.string(), z.string()).optional(),
    })
    .default({}),
  files: z.array(StoredFile).describe("All files but bento.yaml and the models', sorted by path."),
  repinnedFrom: z
    .strictObject({ version: z.string().regex(TAG_PART), digest: Digest })
    .optional()
    .describe("The bento that was built, which this one is but for its models' versions."),
});
export type BentoManifest = z.infer<typeof BentoManifest>;

/** The digest that stands for the bento everywhere: of its canonical manifest. */
export function bentoDigest(manifest: BentoManifest): Digest {
  return digestOf(canonicalJson(manifest));
}

/** The version that a bento's content gives it: a hash of all of its manifest but the version. */
export function bentoVersion(manifest: Omit<BentoManifest, "version">): string {
  const { version: _, ...content } = { version: "", ...manifest };
  return contentVersion(content);
}

/** The folder of a model inside a bento and inside its image. */
export function bentoModelFolder(model: Pick<BentoModel, "name" | "version">): string {
  return `models/${model.name}/${model.version}`;
}

export function runtimeManifest(bento: BentoManifest): RuntimeManifest {
  return {
    name: bento.name,
    version: bento.version,
    digest: bentoDigest(bento),
    models: Object.fromEntries(
      bento.models.map((model) => [
        model.key,
        {
          tag: `${model.name}:${model.version}`,
          digest: model.digest,
          path: `${bentoModelFolder(model)}/${model.entry}`,
          batchable: model.batchable,
          ...(model.padding === undefined ? {} : { padding: model.padding }),
        },
      ]),
    ),
  };
}

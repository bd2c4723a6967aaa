/**
 * A model at one version, as every store keeps it: immutable, known by the digest of this document.
 * Labels, aliases and times stand outside it.
 *
 * @module
 */
import * as z from "zod";
import { canonicalJson } from "./canonical-json.ts";
import { Digest, digestHex, digestOf } from "./digest.ts";
import { Padding } from "./padding.ts";
import { TAG_PART } from "./tag.ts";
import { TensorSpec } from "./tensor-spec-schema.ts";

/** Parts between single slashes; none is `.` or `..`, none holds a backslash or a control character. */
const RELATIVE_PATH = /^(?!\.{1,2}(?:\/|$))[^/\\\p{Cc}]+(?:\/(?!\.{1,2}(?:\/|$))[^/\\\p{Cc}]+)*$/u;

/** One file, known by its content. Paths are relative, with `/`, and never leave the folder. */
export const StoredFile = z.strictObject({
  path: z.string().regex(RELATIVE_PATH).describe("Relative path with forward slashes."),
  digest: Digest,
  size: z.int().min(0).describe("Length in bytes."),
});
export type StoredFile = z.infer<typeof StoredFile>;

/** What a caller may ask of a model: a named selection of the graph's outputs. */
export const Signature = z.strictObject({
  batchable: z
    .boolean()
    .describe("Whether rows of several requests may share one call along the first axis."),
  outputs: z
    .array(z.string())
    .optional()
    .describe("Outputs of the graph to compute; all of them by default."),
  padding: Padding.optional().describe(
    "For a model whose second axis is symbolic: lets rows of different lengths share a batch.",
  ),
});
export type Signature = z.infer<typeof Signature>;

/** Values that metadata may hold: JSON without nesting deeper than lists. */
export const Metadata = z.record(
  z.string().min(1),
  z.union([
    z.string(),
    z.number(),
    z.boolean(),
    z.null(),
    z.array(z.union([z.string(), z.number(), z.boolean()])),
  ]),
);
export type Metadata = z.infer<typeof Metadata>;

/** True when the file to open is among the listed ones: nothing else may be opened, whoever wrote the manifest. */
export function hasEntry(manifest: {
  readonly entry: string;
  readonly files: readonly StoredFile[];
}): boolean {
  return manifest.files.some((file) => file.path === manifest.entry);
}

export const ModelManifest = z
  .strictObject({
    schema: z.literal(1).describe("Version of this format."),
    name: z.string().regex(TAG_PART),
    version: z.string().regex(TAG_PART),
    framework: z
      .string()
      .min(1)
      .describe("What the model was trained with, e.g. scikit-learn; onnx when not said."),
    files: z.array(StoredFile).min(1).describe("Sorted by path."),
    entry: z
      .string()
      .describe("Path of the file that onnxruntime opens; others are its external data."),
    inputs: z.array(TensorSpec),
    outputs: z.array(TensorSpec),
    signatures: z.record(z.string(), Signature),
    metadata: Metadata,
  })
  .refine(hasEntry, { path: ["entry"], error: "expected the path of one of the files" });
export type ModelManifest = z.infer<typeof ModelManifest>;

/** The digest that stands for the model everywhere: of its canonical manifest. */
export function modelDigest(manifest: ModelManifest): Digest {
  return digestOf(canonicalJson(manifest));
}

/** A version made from content: the first 16 hex digits of its hash, the same on any machine. */
export function contentVersion(content: object): string {
  return digestHex(digestOf(canonicalJson(content))).slice(0, 16);
}

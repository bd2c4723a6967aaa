/**
 * `model.yaml`, in which BentoML keeps what it knows of a model. What is written there was not made by us and is
 * taken for what it is: texts are checked by whoever uses them.
 *
 * @module
 */
import { open } from "node:fs/promises";
import { basename, join } from "node:path";
import * as z from "zod";
import { BentoError } from "../../core/bento-error.ts";
import { diskError, systemCode } from "../disk-error.ts";
import { parsePyYaml } from "./pyyaml.ts";

export const MODEL_YAML = "model.yaml";
/** Specs of inputs and outputs make it a few kilobytes. */
const LIMIT_BYTES = 1024 * 1024;

const Text = z.union([z.string(), z.number()]).transform(String);
const Anything = z.record(z.string(), z.unknown()).nullish();

/** What of it is used here; fields of other versions of BentoML are passed over. */
export const ModelYaml = z.object({
  name: Text.describe("First part of the tag."),
  version: Text.describe("Second part of the tag."),
  module: z
    .string()
    .nullish()
    .describe("What saved it, e.g. bentoml.onnx; empty for models.create."),
  labels: Anything.describe("Text by text, as a rule."),
  metadata: Anything.describe("Anything, nested as deep as one likes."),
  signatures: z
    .record(
      z.string(),
      z.object({
        batchable: z.boolean().nullish(),
        batch_dim: z.union([z.number(), z.array(z.number())]).nullish(),
      }),
    )
    .nullish()
    .describe("Methods that may be called, with the axes along which calls may be joined."),
  creation_time: z.string().nullish().describe("ISO 8601."),
});
export type ModelYaml = z.infer<typeof ModelYaml>;

/**
 * Reads `model.yaml` of a folder.
 *
 * @param origin - the archive or folder as the user named it, for messages
 * @throws BentoError BENTO_INVALID_INPUT when there is none, or it is not BentoML's
 */
export async function readModelYaml(folder: string, origin: string): Promise<ModelYaml> {
  const text = await readText(join(folder, MODEL_YAML));
  if (text === undefined) {
    throw notBentoMl(origin, `it has no ${MODEL_YAML}`);
  }
  let value: unknown;
  try {
    value = await parsePyYaml(text);
  } catch (cause) {
    throw notBentoMl(origin, `its ${MODEL_YAML} is not YAML`, cause);
  }
  const parsed = ModelYaml.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const place = issue?.path.join(".") || "all of it";
    throw notBentoMl(origin, `its ${MODEL_YAML} says otherwise (${place}: ${issue?.message})`);
  }
  return parsed.data;
}

/** @returns undefined where there is no such file */
async function readText(path: string): Promise<string | undefined> {
  try {
    await using file = await open(path, "r");
    const { buffer, bytesRead } = await file.read(
      Buffer.alloc(LIMIT_BYTES + 1),
      0,
      LIMIT_BYTES + 1,
    );
    if (bytesRead > LIMIT_BYTES) {
      throw new BentoError("BENTO_REFUSED", `${MODEL_YAML} is longer than ${LIMIT_BYTES} bytes`, {
        where: path,
        hint: "import the .onnx file itself, with --name and --version",
      });
    }
    return buffer.toString("utf8", 0, bytesRead);
  } catch (error) {
    if (systemCode(error) === "ENOENT") {
      return undefined;
    }
    throw diskError(error, "read", path);
  }
}

function notBentoMl(origin: string, why: string, cause?: unknown): BentoError {
  const isBento = origin.endsWith(".bento");
  return new BentoError(
    "BENTO_INVALID_INPUT",
    `${basename(origin)} is no model that BentoML exported: ${why}`,
    {
      where: origin,
      hint: isBento
        ? "a .bento holds a service: bento import takes those of bento export"
        : "make one with bentoml models export TAG, or name an .onnx file",
      cause,
    },
  );
}

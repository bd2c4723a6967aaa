/**
 * Registers whatever a user names: an ONNX model as `save` takes it, or one that BentoML keeps or exported, told apart
 * by the name of a file and by what lies in a folder.
 *
 * @module
 */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { BentoError } from "../../core/bento-error.ts";
import type { ModelInput } from "../model-source.ts";
import type { SavedModel, SaveModelOptions } from "../save-model.ts";
import { isArchiveName } from "./archive-name.ts";
import {
  type BentoMlImport,
  type ImportedModel,
  type ImportModelOptions,
  importBentoMl,
} from "./import-bentoml.ts";
import { MODEL_YAML } from "./model-yaml.ts";

export interface ModelImport extends Pick<BentoMlImport, "workFolder" | "now"> {
  readonly save: (source: ModelInput, options: SaveModelOptions) => Promise<SavedModel>;
}

/** @throws BentoError as saveModel and importBentoMl do */
export async function importModel(
  work: ModelImport,
  source: ModelInput,
  options: ImportModelOptions = {},
): Promise<ImportedModel> {
  if (typeof source === "string" && (await isBentoMl(source))) {
    return await importBentoMl(source, work, options);
  }
  const { name = "", ...rest } = options;
  return { ...(await work.save(source, { ...rest, name })), notes: [] };
}

/**
 * True for what BentoML keeps or exported, which brings its own name.
 *
 * @throws BentoError BENTO_INVALID_INPUT for a folder of BentoML's with all versions of a model
 */
export async function isBentoMl(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory() !== true) {
    return isArchiveName(path);
  }
  const names = (await readdir(path).catch(() => [])).sort();
  if (names.includes(MODEL_YAML)) {
    return true;
  }
  const versions: string[] = [];
  for (const name of names.includes("latest") ? names : []) {
    if (await stat(join(path, name, MODEL_YAML)).catch(() => undefined)) {
      versions.push(name);
    }
  }
  if (versions.length > 0) {
    throw new BentoError(
      "BENTO_INVALID_INPUT",
      `the folder holds versions: ${versions.join(", ")}`,
      {
        where: path,
        hint: `name one: bento models import ${join(path, versions[0] ?? "")}`,
      },
    );
  }
  return false;
}

/**
 * Registers ONNX models out of BentoML: an archive of `bentoml models export`, or a version's folder in BentoML's own
 * store. Nothing in it is run, and of its files only the graph and its weights are read; a pickle is never opened.
 *
 * @module
 */
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { BentoError } from "../../core/bento-error.ts";
import type { ModelManifest } from "../../core/model-manifest.ts";
import { unpackArchive } from "../archive/unpack-archive.ts";
import { diskError } from "../disk-error.ts";
import { statPath } from "../model-source.ts";
import type { SavedModel, SaveModelOptions } from "../save-model.ts";
import type { SignatureInput } from "../signatures.ts";
import { MODEL_YAML, readModelYaml } from "./model-yaml.ts";
import { OWN_MANIFEST, readOwnManifest } from "./own-manifest.ts";
import { refusalOfFramework } from "./refuse-framework.ts";
import { SAVED_MODEL } from "./saved-model.ts";
import { translateModel } from "./translate-model.ts";

/** What is given here goes before what BentoML says; labels and metadata are added to its own. */
export interface ImportModelOptions extends Omit<SaveModelOptions, "name"> {
  /** @default BentoML's */
  readonly name?: string | undefined;
}

export interface ImportedModel extends SavedModel {
  /** What could not be kept as BentoML has it, and what was left out; a line each. */
  readonly notes: readonly string[];
}

export interface BentoMlImport {
  /** Where archives are unpacked, made when absent; left as it was. */
  readonly workFolder: string;
  readonly now: () => Date;
  readonly save: (onnxPath: string, options: SaveModelOptions) => Promise<SavedModel>;
}

/** Modules whose models are ONNX; `models.create` names none. */
const ONNX_MODULES = ["bentoml.onnx", "bentoml._internal.frameworks.onnx", ""];

/**
 * @param path - an archive, or a folder with a model.yaml
 * @throws BentoError BENTO_INVALID_INPUT or BENTO_REFUSED when it is no archive, or a hostile one
 * @throws BentoError BENTO_INVALID_MODEL for another framework's, with the commands that make ONNX of it; otherwise as
 * saveModel does
 */
export async function importBentoMl(
  path: string,
  work: BentoMlImport,
  options: ImportModelOptions = {},
): Promise<ImportedModel> {
  options.signal?.throwIfAborted();
  const found = await statPath(path);
  if (found.isDirectory()) {
    return await importFolder({ folder: path, origin: path }, work, options);
  }
  await mkdir(work.workFolder, { recursive: true }).catch((error: unknown) => {
    throw diskError(error, "write", work.workFolder);
  });
  const folder = await mkdtemp(join(work.workFolder, "import-"));
  try {
    await unpackArchive(path, folder, options);
    return await importFolder({ folder, origin: path }, work, options);
  } catch (error) {
    throw named(error, folder, path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Place {
  readonly folder: string;
  /** As the user named it. */
  readonly origin: string;
}

async function importFolder(
  { folder, origin }: Place,
  { now, save }: BentoMlImport,
  options: ImportModelOptions,
): Promise<ImportedModel> {
  const model = await readModelYaml(folder, origin);
  const module = model.module ?? "";
  if (!ONNX_MODULES.includes(module)) {
    throw refusalOfFramework({ module, name: model.name, version: model.version, origin });
  }
  const files = await filesBelow(folder);
  const own = await readOwnManifest(folder, model);
  const translated = translateModel(model, now());
  const graph = files.includes(SAVED_MODEL) ? join(folder, SAVED_MODEL) : folder;
  const saved = await save(graph, {
    ...options,
    name: options.name ?? translated.name ?? unnamed(model.name, origin),
    version: options.version ?? translated.version,
    framework: options.framework ?? own?.framework,
    signatures: options.signatures ?? own?.signatures ?? translated.signatures,
    labels: { ...translated.labels, ...options.labels },
    metadata: { ...(own?.metadata ?? translated.metadata), ...options.metadata },
    registeredAt: options.registeredAt ?? translated.registeredAt,
  });
  const signatures = options.signatures ?? own?.signatures;
  const notes = [
    ...translated.notes.filter((note) => own === undefined || !note.startsWith("metadata ")),
    ...(signatures === undefined ? signatureNotes(saved.manifest, translated.signatures) : []),
    ...leftOut(files, saved.manifest),
  ];
  return { ...saved, notes };
}

function unnamed(name: string, origin: string): never {
  throw new BentoError("BENTO_INVALID_INPUT", `not a name for a model: ${JSON.stringify(name)}`, {
    where: origin,
    hint: "give it another one: --name my_model",
  });
}

/** Where the graph decides otherwise than BentoML does, or would allow more. */
function signatureNotes(
  { inputs, outputs, signatures }: ModelManifest,
  asked: Readonly<Record<string, SignatureInput>>,
): string[] {
  const isOpen = [...inputs, ...outputs].every(
    ({ dims: [first] }) => typeof first === "string" && first !== "...",
  );
  return Object.entries(asked).flatMap(([name, { batchable }]) => {
    if (batchable === undefined && signatures[name]?.batchable === false) {
      return [`signature ${name} is single here: the graph has no open first axis to join rows on`];
    }
    return batchable === false && isOpen
      ? [`signature ${name} stays single; the graph allows more: --signature ${name}=batchable`]
      : [];
  });
}

function leftOut(files: readonly string[], { files: kept }: ModelManifest): string[] {
  const graph = files.includes(SAVED_MODEL)
    ? SAVED_MODEL
    : files.find((path) => path.endsWith(".onnx"));
  const known = new Set([MODEL_YAML, OWN_MANIFEST, graph, ...kept.map(({ path }) => path)]);
  return files
    .filter((path) => !known.has(path))
    .map((path) =>
      /\.(?:pkl|pickle|joblib)$/.test(path)
        ? `${path} left out: a pickle is never opened`
        : `${path} left out`,
    );
}

/** Paths of files within a folder, with forward slashes, sorted. */
async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(
    (error: unknown) => {
      throw diskError(error, "list", folder);
    },
  );
  return entries
    .filter((entry) => !entry.isDirectory())
    .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1))
    .map((path) => path.replaceAll("\\", "/"))
    .sort();
}

/** Errors speak of the archive, not of where it was unpacked. */
function named(error: unknown, folder: string, origin: string): unknown {
  if (!BentoError.isInstance(error) || error.where?.startsWith(folder) !== true) {
    return error;
  }
  const { code, message, hint, where } = error;
  const inside = where.slice(folder.length + 1);
  return new BentoError(code, message, {
    where: inside === "" ? origin : `${origin}: ${inside}`,
    hint,
    cause: error,
  });
}

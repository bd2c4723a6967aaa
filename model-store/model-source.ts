/**
 * What the user hands in as a model: a file, a folder, bytes or a stream of them. It is read as ONNX, its external data
 * is found, and everything else is refused with the way to ONNX.
 *
 * @module
 */
import type { Stats } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { BentoError } from "../core/bento-error.ts";
import { digestOf } from "../core/digest.ts";
import { StoredFile } from "../core/model-manifest.ts";
import { type OnnxSignature, readOnnxSignature } from "../core/onnx.ts";
import type { ByteSource } from "../core/onnx-wire.ts";
import type { OnProgress } from "../core/progress.ts";
import type { BlobSource } from "./blobs.ts";
import {
  isForeignModel,
  refusalByContent,
  refusalByName,
  refusalOfSavedModel,
} from "./converters.ts";
import { diskError, systemCode } from "./disk-error.ts";
import { bytesSource, fileBlob, notAFile, openByteSource } from "./file-source.ts";
import type { ByteStreamInput, SpooledFile } from "./spool-stream.ts";

/** The graph's file is always called so in a store: the same bytes are the same model whatever their file was called. */
export const ENTRY = "model.onnx";

/** A path to an .onnx file, a path to a folder with exactly one, or the bytes of one, at once or as a stream. */
export type ModelInput = string | Uint8Array | ByteStreamInput;

/** A model as it was handed in; nothing is stored yet. */
export interface ModelSource {
  readonly signature: OnnxSignature;
  /** Sorted by path; `model.onnx` and the external data under the names that the graph uses. */
  readonly files: readonly { readonly path: string; readonly blob: BlobSource }[];
  /** For loading it: the path of the .onnx file, or its bytes. */
  readonly loadable: string | Uint8Array;
}

export interface ReadModelOptions {
  readonly framework?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnProgress | undefined;
}

/**
 * Reads a model that is to be stored.
 *
 * @throws BentoError BENTO_INVALID_MODEL when it is no ONNX model or lacks external data
 * @throws BentoError BENTO_NOT_FOUND when the path names nothing
 */
export async function readModelSource(
  input: string | Uint8Array | SpooledFile,
  options: ReadModelOptions = {},
): Promise<ModelSource> {
  if (input instanceof Uint8Array) {
    return readBytes(input, options);
  }
  if (typeof input !== "string") {
    return await readSpooled(input, options);
  }
  const path = await findOnnxFile(input, options.framework);
  const signature = readFileSignature(path, path, options.framework);
  const files = [
    { path: ENTRY, blob: await fileBlob(path, { ...options, step: `read ${ENTRY}` }) },
  ];
  for (const name of signature.externalData) {
    const step = `read ${name}`;
    files.push({
      path: name,
      blob: await fileBlob(await externalFile(path, name), { ...options, step }),
    });
  }
  files.sort((a, b) => (a.path < b.path ? -1 : 1));
  return { signature, files, loadable: path };
}

/** A stream brings the graph and nothing that lies beside it. */
async function readSpooled(
  { path, where }: SpooledFile,
  options: ReadModelOptions,
): Promise<ModelSource> {
  const signature = readFileSignature(path, where, options.framework);
  refuseExternalData(signature);
  const blob = await fileBlob(path, { ...options, step: `read ${ENTRY}` });
  return { signature, files: [{ path: ENTRY, blob }], loadable: path };
}

function readBytes(bytes: Uint8Array, options: ReadModelOptions): ModelSource {
  const signature = readSignature(bytesSource(bytes), "the given bytes", options.framework);
  refuseExternalData(signature);
  async function* open(): AsyncGenerator<Uint8Array, void> {
    yield bytes;
  }
  const blob = { digest: digestOf(bytes), size: bytes.length, open };
  return { signature, files: [{ path: ENTRY, blob }], loadable: bytes };
}

function refuseExternalData(signature: OnnxSignature): void {
  const [first] = signature.externalData;
  if (first !== undefined) {
    throw new BentoError(
      "BENTO_INVALID_MODEL",
      `the model keeps weights in ${first}, which its bytes do not bring`,
      {
        hint: "give the path of the .onnx file or of its folder instead",
      },
    );
  }
}

function readFileSignature(
  path: string,
  where: string,
  framework: string | undefined,
): OnnxSignature {
  using source = openByteSource(path);
  return readSignature(source, where, framework);
}

function readSignature(
  source: ByteSource,
  where: string,
  framework: string | undefined,
): OnnxSignature {
  const foreign = refusalByContent(source.read(0, Math.min(4, source.size)), where, framework);
  if (foreign !== undefined) {
    throw foreign;
  }
  try {
    return readOnnxSignature(source);
  } catch (error) {
    if (BentoError.isInstance(error)) {
      throw new BentoError(error.code, error.message, { where, hint: error.hint, cause: error });
    }
    throw error;
  }
}

async function findOnnxFile(path: string, framework: string | undefined): Promise<string> {
  const found = await statPath(path);
  if (!found.isFile() && !found.isDirectory()) {
    throw notAFile(path);
  }
  const refused = found.isDirectory() ? undefined : refusalByName(path, framework);
  if (refused !== undefined) {
    throw refused;
  }
  return found.isDirectory() ? await findInFolder(path, framework) : path;
}

async function findInFolder(folder: string, framework: string | undefined): Promise<string> {
  const names = await listFolder(folder);
  const models = names.filter((name) => name.toLowerCase().endsWith(".onnx"));
  const [only, ...more] = models;
  if (only !== undefined && more.length === 0) {
    return join(folder, only);
  }
  if (only !== undefined) {
    throw new BentoError(
      "BENTO_INVALID_MODEL",
      `expected one .onnx file, got ${models.length}: ${models.join(", ")}`,
      {
        where: folder,
        hint: `name the file: ${join(folder, only)}`,
      },
    );
  }
  if (names.includes("saved_model.pb")) {
    throw refusalOfSavedModel(folder);
  }
  const foreign = names.find(isForeignModel);
  const refused =
    foreign === undefined ? undefined : refusalByName(join(folder, foreign), framework);
  throw (
    refused ??
    new BentoError("BENTO_INVALID_MODEL", "the folder holds no .onnx file", {
      where: folder,
      hint: "name an .onnx file, or a folder with exactly one",
    })
  );
}

async function externalFile(onnxPath: string, name: string): Promise<string> {
  if (name === ENTRY || !StoredFile.shape.path.safeParse(name).success) {
    throw new BentoError(
      "BENTO_INVALID_MODEL",
      `the model keeps weights in ${JSON.stringify(name)}`,
      {
        where: onnxPath,
        hint: "export it with its external data in files beside it: a relative path without .., not model.onnx",
      },
    );
  }
  const path = join(dirname(onnxPath), name);
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile()) {
    throw new BentoError(
      "BENTO_INVALID_MODEL",
      `the model keeps weights in ${name}, which is not beside it`,
      {
        where: onnxPath,
        hint: `put the file at ${path}`,
      },
    );
  }
  return path;
}

async function listFolder(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    throw diskError(error, "list", folder);
  }
}

/** @throws BentoError BENTO_NOT_FOUND when the path names nothing */
export async function statPath(path: string): Promise<Stats> {
  try {
    return await stat(path);
  } catch (error) {
    if (systemCode(error) === "ENOENT") {
      throw new BentoError("BENTO_NOT_FOUND", `no such file or folder: ${path}`, {
        where: path,
        hint: "check the path",
        cause: error,
      });
    }
    throw diskError(error, "read", path);
  }
}

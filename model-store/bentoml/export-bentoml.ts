/**
 * Writes models as `bentoml models import` takes them: a tar with a model.yaml in front, in the compression that the
 * file's name asks for. The same model gives the same bytes.
 *
 * @module
 */
import { mkdtemp, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { BentoError } from "../../core/bento-error.ts";
import { canonicalJson } from "../../core/canonical-json.ts";
import type { StoredFile } from "../../core/model-manifest.ts";
import type { ByteStream } from "../../oci/chunks.ts";
import { gzip } from "../../oci/gzip.ts";
import { writeTar } from "../../oci/tar.ts";
import { type TarEntry, tarFile } from "../../oci/tar-entry.ts";
import { storedXz } from "../archive/stored-xz.ts";
import { openBlob } from "../blobs.ts";
import { countBytes, type ProgressOptions } from "../count-bytes.ts";
import { diskError } from "../disk-error.ts";
import type { Driver, WaitOptions } from "../driver.ts";
import type { RegisteredModel } from "../list-models.ts";
import { writePieces } from "../materialise.ts";
import { modelYaml } from "./format-model-yaml.ts";
import { MODEL_YAML } from "./model-yaml.ts";
import { OWN_MANIFEST } from "./own-manifest.ts";
import { SAVED_MODEL } from "./saved-model.ts";

/** How BentoML reads a file, by the end of its name; it looks at nothing else. */
const PACKERS: Readonly<Record<string, (tar: ByteStream) => ByteStream>> = {
  bentomodel: storedXz,
  xz: storedXz,
  gz: (tar) => gzip(tar, "gzip"),
  tar: (tar) => tar,
};

export interface ExportOptions extends WaitOptions, ProgressOptions {
  readonly driver: Driver;
}

/**
 * Writes an archive; it appears whole or not at all.
 *
 * @param file - must not exist; ends with .bentomodel, .tar.xz, .tar.gz or .tar
 * @returns what BentoML cannot be told, a line each
 * @throws BentoError BENTO_INVALID_INPUT when it exists or ends otherwise, BENTO_IO when it cannot be written
 */
export async function exportBentoMl(
  file: string,
  model: RegisteredModel,
  options: ExportOptions,
): Promise<readonly string[]> {
  const { signal } = options;
  const pack = PACKERS[/\.([a-z0-9]+)$/.exec(file)?.[1] ?? ""];
  if (pack === undefined) {
    throw new BentoError("BENTO_INVALID_INPUT", `no archive is written as ${basename(file)}`, {
      where: file,
      hint: "end its name with .bentomodel, .tar.xz, .tar.gz or .tar",
    });
  }
  if (await stat(file).catch(() => undefined)) {
    throw new BentoError("BENTO_INVALID_INPUT", `the file exists: ${file}`, {
      where: file,
      hint: "name another one: nothing is overwritten",
    });
  }
  const { text, notes } = modelYaml(model);
  const entries: TarEntry[] = [
    tarFile(MODEL_YAML, text),
    tarFile(OWN_MANIFEST, `${canonicalJson(model.manifest, 2)}\n`),
    ...model.manifest.files.map((stored) => entryOf(stored, model, options)),
  ];
  try {
    const work = await mkdtemp(join(dirname(file), `.${basename(file)}-`));
    try {
      await writePieces(join(work, "new"), pack(writeTar(entries, { signal })));
      await rename(join(work, "new"), file);
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  } catch (error) {
    throw diskError(error, "write", file);
  }
  return notes;
}

function entryOf(
  stored: StoredFile,
  { manifest }: RegisteredModel,
  { driver, signal, onProgress }: ExportOptions,
): TarEntry {
  async function* content(): AsyncGenerator<Uint8Array, void> {
    const step = { step: `write ${stored.path}`, totalBytes: stored.size, onProgress };
    yield* countBytes(await openBlob(driver, stored, { signal }), step);
  }
  const path = stored.path === manifest.entry ? SAVED_MODEL : stored.path;
  return { kind: "file", path, size: stored.size, content };
}

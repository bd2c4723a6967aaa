/**
 * `.bento` archives: a tar of the whole bento, models included, in gzip. The same bento gives the same bytes on every
 * machine.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import { constants, copyFile, link, mkdir, mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { BentoError } from "../core/bento-error.ts";
import { type BentoManifest, bentoVersion, runtimeManifest } from "../core/bento-manifest.ts";
import { canonicalJson } from "../core/canonical-json.ts";
import type { StoredFile } from "../core/model-manifest.ts";
import { gzip } from "../oci/gzip.ts";
import { sweepLeftovers } from "../oci/leftovers.ts";
import { writeTar } from "../oci/tar.ts";
import { type TarEntry, tarFile } from "../oci/tar-entry.ts";
import { unpackArchive } from "./archive/unpack-archive.ts";
import { formatBentoYaml, parseBentoYaml } from "./bento-yaml.ts";
import { openBlob } from "./blobs.ts";
import { diskError, systemCode } from "./disk-error.ts";
import type { Driver, WaitOptions } from "./driver.ts";
import { writePieces } from "./materialise.ts";

export interface BentoContent extends WaitOptions {
  readonly driver: Driver;
  /** All files of the bento but bento.yaml. */
  readonly files: readonly StoredFile[];
}

/**
 * Writes an archive; it appears whole or not at all.
 *
 * @param file - must not exist
 * @throws BentoError BENTO_INVALID_INPUT when it exists, BENTO_IO when it cannot be written
 */
export async function exportBento(
  file: string,
  manifest: BentoManifest,
  content: BentoContent,
): Promise<void> {
  if (await stat(file).catch(() => undefined)) {
    throw fileExists(file); // before anything is packed
  }
  const entries: TarEntry[] = [
    tarFile("bento.yaml", await formatBentoYaml(manifest)),
    // derived, and not read back: with it the unpacked archive runs, and env/Dockerfile has what it copies
    tarFile("bento.json", `${canonicalJson(runtimeManifest(manifest), 2)}\n`),
  ];
  for (const stored of content.files) {
    entries.push({
      kind: "file",
      path: stored.path,
      size: stored.size,
      content: () => blobOf(content, stored),
    });
  }
  const prefix = `.${basename(file)}.`;
  const isTemporary = (name: string) => name.startsWith(prefix) && name.endsWith(".tmp");
  const temporary = join(dirname(file), `${prefix}${randomUUID()}.tmp`);
  try {
    await sweepLeftovers([dirname(file)], { isTemporary });
    await writePieces(temporary, gzip(writeTar(entries, { signal: content.signal }), "gzip"));
    await placeNew(temporary, file);
  } catch (error) {
    throw diskError(error, "write", file);
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Gives a file its name unless that is taken by now. A disk without links gets a copy. */
async function placeNew(temporary: string, file: string): Promise<void> {
  try {
    await link(temporary, file).catch(async (error: unknown) => {
      if (systemCode(error) === "EEXIST") {
        throw error;
      }
      await copyFile(temporary, file, constants.COPYFILE_EXCL);
    });
  } catch (error) {
    throw systemCode(error) === "EEXIST" ? fileExists(file) : error;
  }
}

function fileExists(file: string): BentoError {
  return new BentoError("BENTO_INVALID_INPUT", `the file exists: ${file}`, {
    where: file,
    hint: "name another one: nothing is overwritten",
  });
}

async function* blobOf(
  { driver, signal }: BentoContent,
  file: StoredFile,
): AsyncGenerator<Uint8Array, void> {
  yield* await openBlob(driver, file, { signal });
}

/**
 * Unpacks an archive for as long as it takes to save what is in it.
 *
 * @param workFolder - made when absent; left as it was
 * @param save - is given the unpacked folder and the bento's manifest
 * @throws BentoError BENTO_INVALID_INPUT when the file is no archive of a bento
 */
export async function importBento<Result>(
  file: string,
  workFolder: string,
  save: (folder: string, manifest: BentoManifest) => Promise<Result>,
): Promise<Result> {
  await checkIsFile(file);
  await sweepLeftovers([workFolder], { isTemporary: (name) => name.startsWith("import-") });
  await mkdir(workFolder, { recursive: true }).catch((error: unknown) => {
    throw diskError(error, "write", workFolder);
  });
  const folder = await mkdtemp(join(workFolder, "import-"));
  try {
    await unpack(file, folder);
    return await save(folder, await readManifest(file, folder));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function checkIsFile(file: string): Promise<void> {
  try {
    const found = await stat(file);
    if (!found.isFile()) {
      throw notABento(file, "it is a folder");
    }
  } catch (error) {
    if (systemCode(error) === "ENOENT") {
      throw new BentoError("BENTO_NOT_FOUND", `no such file: ${file}`, {
        where: file,
        hint: "check the path",
      });
    }
    throw diskError(error, "read", file);
  }
}

async function unpack(file: string, folder: string): Promise<void> {
  try {
    await unpackArchive(file, folder);
  } catch (error) {
    if (BentoError.isInstance(error) && error.code === "BENTO_INVALID_INPUT") {
      throw notABento(file, "it is no whole archive", error);
    }
    throw error;
  }
}

async function readManifest(file: string, folder: string): Promise<BentoManifest> {
  const text = await readFile(join(folder, "bento.yaml"), "utf8").catch(() => undefined);
  const manifest = text === undefined ? undefined : await parseBentoYaml(text);
  if (manifest === undefined) {
    throw notABento(
      file,
      text === undefined ? "it has no bento.yaml" : "its bento.yaml is none of ours",
    );
  }
  const version = bentoVersion(manifest);
  if (version !== manifest.version) {
    throw new BentoError(
      "BENTO_INTEGRITY",
      `the bento says version ${manifest.version}, its content is ${version}`,
      {
        where: file,
        hint: "bento.yaml was changed after the build: build it again, or export it again",
      },
    );
  }
  return manifest;
}

function notABento(file: string, why: string, cause?: unknown): BentoError {
  return new BentoError(
    "BENTO_INVALID_INPUT",
    `${basename(file)} is not a .bento archive: ${why}`,
    {
      where: file,
      hint: "make one with bento export TAG FILE; an archive made by BentoML holds Python, which cannot run here",
      cause,
    },
  );
}

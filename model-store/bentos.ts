/**
 * The bentos of a store. Their files are blobs, and so are their models', which several bentos share.
 *
 * @module
 */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { BentoError } from "../core/bento-error.ts";
import {
  type BentoManifest,
  bentoDigest,
  bentoModelFolder,
  runtimeManifest,
} from "../core/bento-manifest.ts";
import { canonicalJson } from "../core/canonical-json.ts";
import { type Digest, digestHex } from "../core/digest.ts";
import type { StoredFile } from "../core/model-manifest.ts";
import type { OnProgress } from "../core/progress.ts";
import type { ExactTag, Tag } from "../core/tag.ts";
import type { FileStamps } from "../oci/file-stamps.ts";
import { exportBento, importBento } from "./bento-archive.ts";
import { formatBentoYaml } from "./bento-yaml.ts";
import { filePieces, putBlob } from "./blobs.ts";
import type { ProgressOptions } from "./count-bytes.ts";
import { type Deleted, type DeleteOptions, deleteVersion } from "./delete-version.ts";
import type { WaitOptions } from "./driver.ts";
import { eachFile } from "./each-file.ts";
import { blobKey } from "./keys.ts";
import { markLatest } from "./latest.ts";
import { materialise } from "./materialise.ts";
import { withPending } from "./pending.ts";
import type { Reference } from "./references.ts";
import { type ResolveOptions, resolveTag } from "./resolve-tag.ts";
import {
  checkSameContent,
  findVersion,
  listNames,
  listVersions,
  registerVersion,
  type Shelf,
  type StoredVersion,
} from "./shelf.ts";

export interface SaveBentoOptions extends WaitOptions {
  readonly onProgress?: OnProgress | undefined;
}

export interface SavedBento {
  readonly manifest: BentoManifest;
  readonly digest: Digest;
  /** "exists" when the version was there with the same content; it is the latest now all the same. */
  readonly state: "created" | "exists";
}

export interface MaterialiseOptions extends ResolveOptions, ProgressOptions {
  /** Knows files that were read before. @default none: every file is read each time */
  readonly stamps?: FileStamps | undefined;
}

export interface BentoStore {
  /**
   * Registers a bento.
   *
   * @param folder - holds the manifest's files; models' files may be in it below `models/`, or in the store already
   * @throws BentoError BENTO_INTEGRITY when a file is not what the manifest says, BENTO_NOT_FOUND when one is missing,
   * BENTO_CONFLICT when the version has other content
   */
  save(folder: string, manifest: BentoManifest, options?: SaveBentoOptions): Promise<SavedBento>;
  /** The exact version that a tag means; see {@link resolveTag} for the rules and errors. */
  resolve(tag: Tag, options?: ResolveOptions): Promise<ExactTag>;
  get(tag: Tag, options?: ResolveOptions): Promise<StoredVersion<BentoManifest>>;
  /** All versions, by name and version; of one name when it is given. */
  list(
    options?: WaitOptions & { readonly name?: string | undefined },
  ): AsyncIterable<StoredVersion<BentoManifest>>;
  /**
   * Makes a version invisible; its bytes stay until they are collected.
   *
   * @param tag - with a version
   * @throws BentoError BENTO_CONFLICT that names the deployments that run it, unless `force` is true
   */
  delete(tag: Tag, options?: DeleteOptions): Promise<Deleted>;
  /**
   * A folder on this disk with all of the bento: `bento.yaml`, `bento.json` for the handler, its files, and its models
   * below `models/<name>/<version>/`. Checked each time; not to be written to.
   *
   * @param cacheRoot - where such folders are kept; safe to delete
   */
  materialise(tag: Tag, cacheRoot: string, options?: MaterialiseOptions): Promise<string>;
  /**
   * Writes a `.bento` archive: the same bento gives the same bytes.
   *
   * @param file - must not exist
   * @returns the exact version
   */
  export(tag: Tag, file: string, options?: ResolveOptions): Promise<ExactTag>;
  /**
   * Registers the bento of an archive, with the bytes of its models.
   *
   * @throws BentoError BENTO_INVALID_INPUT or BENTO_INTEGRITY when it is no archive of a bento, or a damaged one
   */
  import(file: string, options?: SaveBentoOptions): Promise<SavedBento>;
}

export interface BentoStoreOptions {
  readonly shelf: Shelf<BentoManifest>;
  /** Users of a bento other than its aliases. */
  readonly references: (tag: ExactTag) => Promise<Reference[]>;
  /** A folder for unpacking archives, made when needed. */
  readonly workFolder: string;
}

export function bentoStore({ shelf, references, workFolder }: BentoStoreOptions): BentoStore {
  const get = async (tag: Tag, options?: ResolveOptions) => resolveTag(shelf, tag, options);
  const save: BentoStore["save"] = async (folder, manifest, options) =>
    saveBento(shelf, folder, manifest, options);
  return {
    save,
    get,
    resolve: async (tag, options) => exactOf((await get(tag, options)).manifest),
    list: (options) => listBentos(shelf, options),
    delete: async (tag, options) => deleteVersion(shelf, references, tag, options),
    async materialise(tag, cacheRoot, options) {
      const stored = await get(tag, options);
      return materialiseBento(shelf, stored, join(cacheRoot, "bentos"), options);
    },
    async export(tag, file, options) {
      const { manifest } = await get(tag, options);
      const { driver } = shelf;
      await exportBento(file, manifest, {
        driver,
        files: filesOf(manifest),
        signal: options?.signal,
      });
      return exactOf(manifest);
    },
    import: async (file, options) =>
      importBento(file, workFolder, (folder, manifest) => save(folder, manifest, options)),
  };
}

/** Where {@link BentoStore.materialise} puts a bento, whether or not it is there. */
export function bentoFolder(manifest: BentoManifest, digest: Digest, cacheRoot: string): string {
  return join(cacheRoot, "bentos", folderName(manifest, digest));
}

/** Below a folder for its name. */
function folderName({ name, version }: BentoManifest, digest: Digest): string {
  return join(name, `${version}-${digestHex(digest).slice(0, 12)}`);
}

/** @returns the folder's path, below one for its name */
async function materialiseBento(
  { driver }: Shelf<BentoManifest>,
  { manifest, digest }: StoredVersion<BentoManifest>,
  parent: string,
  options?: MaterialiseOptions,
): Promise<string> {
  const folder = join(parent, folderName(manifest, digest));
  const documents = new Map([
    ["bento.yaml", await formatBentoYaml(manifest)],
    ["bento.json", `${canonicalJson(runtimeManifest(manifest), 2)}\n`],
  ]);
  await materialise(folder, {
    driver,
    files: filesOf(manifest),
    documents,
    ...options,
  });
  return folder;
}

/** All files of a bento by their path in it, its models' included, each path once. */
function filesOf(manifest: BentoManifest): StoredFile[] {
  const files = new Map(manifest.files.map((file) => [file.path, file]));
  for (const file of modelFiles(manifest)) {
    files.set(file.path, file);
  }
  return [...files.values()];
}

function modelFiles(manifest: BentoManifest): StoredFile[] {
  return manifest.models.flatMap((model) =>
    model.files.map((file) => ({ ...file, path: `${bentoModelFolder(model)}/${file.path}` })),
  );
}

async function saveBento(
  shelf: Shelf<BentoManifest>,
  folder: string,
  manifest: BentoManifest,
  { signal, onProgress }: SaveBentoOptions = {},
): Promise<SavedBento> {
  const stored = await findVersion(shelf, manifest, { signal });
  if (stored !== undefined) {
    checkSameContent(shelf, stored, manifest);
  }
  const digests = filesOf(manifest).map(({ digest }) => digest);
  const state = await withPending(
    shelf.driver,
    { digests, now: shelf.now, wait: shelf.wait, signal },
    async () => {
      await eachFile(filesOf(manifest), (file) =>
        storeFile(shelf, folder, file, { signal, onProgress }),
      );
      return stored === undefined ? registerVersion(shelf, manifest, { signal }) : "exists";
    },
  );
  await markLatest(shelf, manifest, { signal });
  return { manifest, digest: bentoDigest(manifest), state };
}

async function storeFile(
  { driver }: Shelf<BentoManifest>,
  folder: string,
  file: StoredFile,
  options: SaveBentoOptions,
): Promise<void> {
  const path = join(folder, file.path);
  const isHere = await stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
  if (isHere) {
    const blob = { ...file, open: () => filePieces(path) };
    await putBlob(driver, blob, { step: `store ${file.path}`, ...options });
  } else if ((await driver.head(blobKey(file.digest), options)) === undefined) {
    throw new BentoError("BENTO_NOT_FOUND", `the bento lacks ${file.path} (${file.digest})`, {
      where: folder,
      hint: "build the bento again; where it is a model's file, import the model into this store first",
    });
  }
}

async function* listBentos(
  shelf: Shelf<BentoManifest>,
  options: WaitOptions & { readonly name?: string | undefined } = {},
): AsyncGenerator<StoredVersion<BentoManifest>, void> {
  const names = options.name === undefined ? listNames(shelf, options) : [options.name];
  for await (const name of names) {
    for await (const version of listVersions(shelf, name, { signal: options.signal })) {
      const stored = await findVersion(shelf, { name, version }, options);
      if (stored !== undefined) {
        yield stored;
      }
    }
  }
}

function exactOf({ name, version }: ExactTag): ExactTag {
  return { name, version };
}

/**
 * The models of a store, as the rest of the project uses them.
 *
 * @module
 */
import { join } from "node:path";
import { BentoError } from "../core/bento-error.ts";
import { canonicalJson } from "../core/canonical-json.ts";
import { digestHex } from "../core/digest.ts";
import { type ModelManifest, modelDigest } from "../core/model-manifest.ts";
import type { ExactTag, Tag } from "../core/tag.ts";
import type { Signer } from "../oci/attest/signing-key.ts";
import {
  type AliasChange,
  type AliasMove,
  aliasChain,
  dropAlias,
  listAliases,
  listAliasNames,
  type MoveAliasOptions,
  moveAlias,
} from "./aliases.ts";
import { type ModelExchange, modelExchange } from "./bentoml/model-exchange.ts";
import type { ChainEntry } from "./chain.ts";
import type { ProgressOptions } from "./count-bytes.ts";
import { type Deleted, type DeleteOptions, deleteVersion } from "./delete-version.ts";
import type { WaitOptions } from "./driver.ts";
import { exportFolder } from "./export-folder.ts";
import { changeLabels, type Labels } from "./labels.ts";
import {
  describeModel,
  type ListModelsOptions,
  listModels,
  type RegisteredModel,
} from "./list-models.ts";
import type { LoadCheck } from "./load-check.ts";
import { materialise } from "./materialise.ts";
import type { ModelInput } from "./model-source.ts";
import {
  type PromoteOptions,
  type Promotion,
  promote,
  type RollBackOptions,
  rollBack,
} from "./promote.ts";
import type { Reference } from "./references.ts";
import { type ResolveOptions, resolveTag } from "./resolve-tag.ts";
import { type SavedModel, type SaveModelOptions, saveModel } from "./save-model.ts";
import type { Shelf } from "./shelf.ts";
import { type SignedModel, signModel } from "./sign-model.ts";
import { spoolStream } from "./spool-stream.ts";

export interface ModelStore extends ModelExchange {
  /** Registers a model; see {@link saveModel}. */
  save(source: ModelInput, options: SaveModelOptions): Promise<SavedModel>;
  /** The exact version that a tag means; see {@link resolveTag} for the rules and errors. */
  resolve(tag: Tag, options?: ResolveOptions): Promise<ExactTag>;
  get(tag: Tag, options?: ResolveOptions): Promise<RegisteredModel>;
  /** Versions in the order of names and versions; see {@link listModels}. */
  list(options?: ListModelsOptions): AsyncIterable<RegisteredModel>;
  /**
   * Makes a version invisible; its bytes stay until they are collected.
   *
   * @param tag - with a version
   * @throws BentoError BENTO_CONFLICT that names what uses it, unless `force` is true
   */
  delete(tag: Tag, options?: DeleteOptions): Promise<Deleted>;
  /**
   * Copies the model's files, and `model.json` with its manifest, into a folder.
   *
   * @param folder - absent or empty
   * @returns the exact version
   */
  export(tag: Tag, folder: string, options?: ResolveOptions & ProgressOptions): Promise<ExactTag>;
  /**
   * A folder on this disk with the model's files under their names, checked; not to be written to.
   *
   * @param cacheRoot - where such folders are kept; safe to delete
   */
  path(
    manifest: ModelManifest,
    cacheRoot: string,
    options?: WaitOptions & ProgressOptions,
  ): Promise<string>;
  /** Makes an alias mean the version of a tag, and writes nothing when it does. */
  setAlias(tag: Tag, alias: string, options?: MoveAliasOptions): Promise<AliasChange>;
  /** Moves an alias once every gate holds; see {@link promote}. */
  promote(tag: Tag, options: PromoteOptions): Promise<Promotion>;
  /** Signs the version that a tag means now; see {@link signModel}. */
  sign(tag: Tag, signer: Signer, options?: WaitOptions): Promise<SignedModel>;
  /** Moves an alias back to what it meant before; see {@link rollBack}. */
  rollBack(name: string, options: RollBackOptions): Promise<AliasChange>;
  /** @throws BentoError BENTO_NOT_FOUND when there is no such alias */
  removeAlias(name: string, alias: string, options?: MoveAliasOptions): Promise<AliasChange>;
  /** The aliases of a name with the versions that they mean. */
  aliases(name: string, options?: WaitOptions): Promise<Record<string, string>>;
  /** Every alias that the name has or had, sorted. */
  aliasNames(name: string, options?: WaitOptions): Promise<string[]>;
  /** All moves of an alias, newest first. */
  aliasHistory(
    name: string,
    alias: string,
    options?: WaitOptions,
  ): AsyncIterable<ChainEntry<AliasMove>>;
  /** Replaces all labels of a version. */
  setLabels(tag: Tag, labels: Labels, options?: WaitOptions): Promise<Labels>;
}

export interface ModelStoreOptions {
  readonly shelf: Shelf<ModelManifest>;
  readonly checkLoad: LoadCheck;
  /** Users of a model other than its aliases. */
  readonly references: (tag: ExactTag) => Promise<Reference[]>;
  /** A folder for streams while they are read, made when needed. */
  readonly workFolder: string;
}

export function modelStore({
  shelf,
  checkLoad,
  references,
  workFolder,
}: ModelStoreOptions): ModelStore {
  const resolve = async (tag: Tag, options?: ResolveOptions) =>
    (await resolveTag(shelf, tag, options)).manifest;
  const save: ModelStore["save"] = async (source, options) => {
    if (typeof source === "string" || source instanceof Uint8Array) {
      return await saveModel(shelf, checkLoad, source, options);
    }
    await using spooled = await spoolStream(source, workFolder, options);
    return await saveModel(shelf, checkLoad, spooled, options);
  };
  return {
    save,
    ...modelExchange(shelf, { save, workFolder }),
    resolve: async (tag, options) => exactOf(await resolve(tag, options)),
    get: async (tag, options) => describeModel(shelf, await resolveTag(shelf, tag, options)),
    list: (options) => listModels(shelf, options),
    delete: async (tag, options) => deleteVersion(shelf, references, tag, options),
    async export(tag, folder, options) {
      const manifest = await resolve(tag, options);
      const documents = new Map([["model.json", `${canonicalJson(manifest, 2)}\n`]]);
      const { onProgress, signal } = options ?? {};
      const content = { driver: shelf.driver, files: manifest.files, documents };
      await exportFolder(folder, { ...content, onProgress, signal });
      return exactOf(manifest);
    },
    async path(manifest, cacheRoot, options) {
      const { name, version, files } = manifest;
      const digest = digestHex(modelDigest(manifest)).slice(0, 12);
      const folder = join(cacheRoot, "models", name, `${version}-${digest}`);
      await materialise(folder, { driver: shelf.driver, files, ...options });
      return folder;
    },
    async setLabels(tag, labels, options) {
      return changeLabels(shelf, await resolve(tag, options), () => labels, options);
    },
    ...aliasMethods(shelf, resolve),
  };
}

function aliasMethods(
  shelf: Shelf<ModelManifest>,
  resolve: (tag: Tag, options?: ResolveOptions) => Promise<ModelManifest>,
): Pick<
  ModelStore,
  | "setAlias"
  | "removeAlias"
  | "aliases"
  | "aliasNames"
  | "aliasHistory"
  | "promote"
  | "rollBack"
  | "sign"
> {
  return {
    promote: async (tag, options) => promote(shelf, tag, options),
    sign: async (tag, signer, options) => signModel(shelf, tag, signer, options),
    rollBack: async (name, options) => rollBack(shelf, name, options),
    async setAlias(tag, alias, options) {
      const { name, version } = await resolve(tag, { signal: options?.signal });
      return moveAlias(shelf, { name, version }, alias, options);
    },
    async removeAlias(name, alias, options) {
      const change = await dropAlias(shelf, { name, version: alias }, options);
      if (change.previous === null) {
        const existing = Object.keys(await listAliases(shelf, name, options)).join(", ");
        throw new BentoError("BENTO_NOT_FOUND", `model ${name} has no alias ${alias}`, {
          where: shelf.driver.url,
          hint: existing === "" ? "it has none" : `aliases here: ${existing}`,
        });
      }
      return change;
    },
    aliases: async (name, options) => listAliases(shelf, name, options),
    aliasNames: async (name, options) => listAliasNames(shelf, name, options),
    async *aliasHistory(name, alias, options) {
      yield* aliasChain(shelf, name, alias).history(options);
    },
  };
}

function exactOf({ name, version }: ExactTag): ExactTag {
  return { name, version };
}

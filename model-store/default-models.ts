/**
 * Models of the user's own store by tags as text: `BENTO_STORE`, else `BENTO_HOME`, else `~/.bento`. The one place of
 * the library that reads the environment, at each call.
 *
 * @module
 */
import { homedir } from "node:os";
import { join } from "node:path";
import { type Gate, parseGate } from "../core/gate.ts";
import { type ExactTag, parseTag } from "../core/tag.ts";
import type { Signer } from "../oci/attest/signing-key.ts";
import type { AliasChange, AliasMove, MoveAliasOptions } from "./aliases.ts";
import type { ImportedModel, ImportModelOptions } from "./bentoml/import-bentoml.ts";
import type { ChainEntry } from "./chain.ts";
import type { CollectedGarbage, CollectGarbageOptions } from "./collect-garbage.ts";
import type { ProgressOptions } from "./count-bytes.ts";
import type { Deleted, DeleteOptions } from "./delete-version.ts";
import type { WaitOptions } from "./driver.ts";
import type { ListModelsOptions, RegisteredModel } from "./list-models.ts";
import type { ModelInput } from "./model-source.ts";
import { openStore } from "./open-store.ts";
import type { PromoteOptions, Promotion, RollBackOptions } from "./promote.ts";
import type { ResolveOptions } from "./resolve-tag.ts";
import type { SavedModel, SaveModelOptions } from "./save-model.ts";
import type { SignedModel } from "./sign-model.ts";
import type { Store } from "./store.ts";
import type { VerifiedStore, VerifyStoreOptions } from "./verify-store.ts";

export interface ListModelsByTextOptions extends Omit<ListModelsOptions, "name" | "after"> {
  /** The last tag of the page before, `name:version`. @default the list begins */
  readonly after?: string | undefined;
}

export interface PromoteByTextOptions extends Omit<PromoteOptions, "gates"> {
  /** As after `--require`: `accuracy>=0.95`, `accuracy>=current-0.01`. @default none */
  readonly require?: readonly string[] | undefined;
}

/** Each call opens the store that the environment names; errors are those of `ModelStore`. */
export interface DefaultModels {
  /**
   * Registers a model.
   *
   * @param source - path of an .onnx file or of a folder with one, or its bytes, at once or as a stream
   */
  save(
    name: string,
    source: ModelInput,
    options?: Omit<SaveModelOptions, "name">,
  ): Promise<SavedModel>;
  /** The same as `bento models import`: also takes what BentoML exported, which brings its own name. */
  import(source: ModelInput, options?: ImportModelOptions): Promise<ImportedModel>;
  /** @param tag - name, name:version, name:alias, or name: and the first six characters of a version */
  get(tag: string, options?: ResolveOptions): Promise<RegisteredModel>;
  /**
   * In the order of names and versions, read as it is consumed.
   *
   * @param name - of the models to list. @default all
   */
  list(name?: string, options?: ListModelsByTextOptions): AsyncIterable<RegisteredModel>;
  /** @param tag - with a version */
  delete(tag: string, options?: DeleteOptions): Promise<Deleted>;
  /** @param folder - absent or empty */
  export(tag: string, folder: string, options?: WaitOptions & ProgressOptions): Promise<ExactTag>;
  /** Makes an alias mean a version, without gates. */
  alias(tag: string, alias: string, options?: MoveAliasOptions): Promise<AliasChange>;
  /** Signs the version that a tag means now; `promote` may ask for it with `signedBy`. */
  sign(tag: string, signer: Signer, options?: WaitOptions): Promise<SignedModel>;
  /** Moves an alias once every gate holds. */
  promote(tag: string, options: PromoteByTextOptions): Promise<Promotion>;
  /** Moves an alias back to what it meant before. */
  rollBack(name: string, options: RollBackOptions): Promise<AliasChange>;
  /** All moves of an alias, newest first. */
  history(name: string, alias: string, options?: WaitOptions): AsyncIterable<ChainEntry<AliasMove>>;
  /** Reads all that the store keeps and compares it with its digests. */
  verify(options?: VerifyStoreOptions): Promise<VerifiedStore>;
  /** Removes the bytes that no version names. */
  gc(options?: CollectGarbageOptions): Promise<CollectedGarbage>;
}

export const models: DefaultModels = {
  save: async (name, source, options = {}) =>
    withStore((store) => store.models.save(source, { ...options, name })),
  import: async (source, options) => withStore((store) => store.models.import(source, options)),
  get: async (tag, options) =>
    withStore((store) => store.models.get(parseTag(tag), { allowPrefix: true, ...options })),
  async *list(name, { after, ...options } = {}) {
    await using store = defaultStore();
    const behind = after === undefined ? undefined : parseTag(after);
    yield* store.models.list({ ...options, name, after: behind });
  },
  delete: async (tag, options) => withStore((store) => store.models.delete(parseTag(tag), options)),
  export: async (tag, folder, options) =>
    withStore((store) =>
      store.models.export(parseTag(tag), folder, { allowPrefix: true, ...options }),
    ),
  alias: async (tag, alias, options) =>
    withStore((store) => store.models.setAlias(parseTag(tag), alias, options)),
  sign: async (tag, signer, options) =>
    withStore((store) => store.models.sign(parseTag(tag), signer, options)),
  promote: async (tag, { require = [], ...options }) => {
    const gates: Gate[] = require.map(parseGate);
    return await withStore((store) => store.models.promote(parseTag(tag), { ...options, gates }));
  },
  rollBack: async (name, options) => withStore((store) => store.models.rollBack(name, options)),
  async *history(name, alias, options) {
    await using store = defaultStore();
    yield* store.models.aliasHistory(name, alias, options);
  },
  verify: async (options) => withStore((store) => store.verify(options)),
  gc: async (options) => withStore((store) => store.collectGarbage(options)),
};

async function withStore<Result>(work: (store: Store) => Promise<Result>): Promise<Result> {
  await using store = defaultStore();
  return await work(store);
}

function defaultStore(): Store {
  const { BENTO_STORE: url, BENTO_HOME: home } = process.env;
  return openStore({ url, home: home || join(homedir(), ".bento"), environment: process.env });
}

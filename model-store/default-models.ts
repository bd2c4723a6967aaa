/**
 * Models of the user's own store by tags as text: `BENTO_STORE`, else `BENTO_HOME`, else `~/.bento`. The one place of
 * the library that reads the environment, at each call.
 *
 * @module
 */
import { homedir } from "node:os";
import { join } from "node:path";
import { type ExactTag, parseTag } from "../core/tag.ts";
import type { Deleted, DeleteOptions } from "./delete-version.ts";
import type { ModelInput } from "./model-source.ts";
import type { RegisteredModel } from "./models.ts";
import { openStore } from "./open-store.ts";
import type { ResolveOptions } from "./resolve-tag.ts";
import type { SavedModel, SaveModelOptions } from "./save-model.ts";
import type { Store } from "./store.ts";

/** Each call opens the store that the environment names; errors are those of `ModelStore`. */
export interface DefaultModels {
  /**
   * Registers a model.
   *
   * @param source - path of an .onnx file or of a folder with one, or its bytes
   */
  save(
    name: string,
    source: ModelInput,
    options?: Omit<SaveModelOptions, "name">,
  ): Promise<SavedModel>;
  /** The same as `save`, in the words of the command line. */
  import(source: ModelInput, options: SaveModelOptions): Promise<SavedModel>;
  /** @param tag - name, name:version, name:alias, or name: and the first six characters of a version */
  get(tag: string, options?: ResolveOptions): Promise<RegisteredModel>;
  list(name?: string): AsyncIterable<RegisteredModel>;
  delete(tag: string, options?: DeleteOptions): Promise<Deleted>;
  /** @param folder - absent or empty */
  export(tag: string, folder: string): Promise<ExactTag>;
}

export const models: DefaultModels = {
  save: async (name, source, options = {}) =>
    withStore((store) => store.models.save(source, { ...options, name })),
  import: async (source, options) => withStore((store) => store.models.save(source, options)),
  get: async (tag, options) =>
    withStore((store) => store.models.get(parseTag(tag), { allowPrefix: true, ...options })),
  async *list(name) {
    await using store = defaultStore();
    yield* store.models.list({ name });
  },
  delete: async (tag, options) => withStore((store) => store.models.delete(parseTag(tag), options)),
  export: async (tag, folder) =>
    withStore((store) => store.models.export(parseTag(tag), folder, { allowPrefix: true })),
};

async function withStore<Result>(work: (store: Store) => Promise<Result>): Promise<Result> {
  await using store = defaultStore();
  return await work(store);
}

function defaultStore(): Store {
  const { BENTO_STORE: url, BENTO_HOME: home } = process.env;
  return openStore({ url, home: home || join(homedir(), ".bento"), environment: process.env });
}

/**
 * The blobs that the versions of a store name.
 *
 * @module
 */
import type { BentoManifest } from "../core/bento-manifest.ts";
import type { Digest } from "../core/digest.ts";
import type { ModelManifest, StoredFile } from "../core/model-manifest.ts";
import type { ExactTag } from "../core/tag.ts";
import type { WaitOptions } from "./driver.ts";
import { findVersion, listNames, listVersions, type Shelf } from "./shelf.ts";

/** What a store keeps versions of. */
export interface Shelves {
  readonly models: Shelf<ModelManifest>;
  readonly bentos: Shelf<BentoManifest>;
}

/** A version with all files that it is made of. */
export interface FilesOfVersion {
  readonly noun: string;
  readonly tag: ExactTag;
  readonly files: readonly StoredFile[];
}

/** Every version of a store; one that cannot be read fails the listing. */
export async function* filesOfVersions(
  { models, bentos }: Shelves,
  options?: WaitOptions,
): AsyncGenerator<FilesOfVersion, void> {
  yield* filesOfShelf(models, ({ files }) => files, options);
  yield* filesOfShelf(bentos, filesOfBento, options);
}

/** A bento's own files and those of its models, as they are kept. */
export function filesOfBento({ files, models }: BentoManifest): StoredFile[] {
  return [...files, ...models.flatMap((model) => model.files)];
}

/** The digests that any version names. */
export async function usedDigests(shelves: Shelves, options?: WaitOptions): Promise<Set<Digest>> {
  const used = new Set<Digest>();
  for await (const { files } of filesOfVersions(shelves, options)) {
    for (const { digest } of files) {
      used.add(digest);
    }
  }
  return used;
}

async function* filesOfShelf<Manifest extends ExactTag>(
  shelf: Shelf<Manifest>,
  filesOf: (manifest: Manifest) => readonly StoredFile[],
  options?: WaitOptions,
): AsyncGenerator<FilesOfVersion, void> {
  for await (const name of listNames(shelf, options)) {
    for await (const version of listVersions(shelf, name, options)) {
      const stored = await findVersion(shelf, { name, version }, options);
      if (stored !== undefined) {
        yield { noun: shelf.noun, tag: { name, version }, files: filesOf(stored.manifest) };
      }
    }
  }
}

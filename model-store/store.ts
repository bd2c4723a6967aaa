/**
 * A store: models, bentos and records of deployments in one place.
 *
 * @module
 */
import type { Tag } from "../core/tag.ts";
import type { BentoStore } from "./bentos.ts";
import type { CollectedGarbage, CollectGarbageOptions } from "./collect-garbage.ts";
import type { CopiedVersion, CopyVersionOptions } from "./copy-version.ts";
import type { DeploymentStore } from "./deployments.ts";
import type { ModelStore } from "./models.ts";
import type { Shelves } from "./used-digests.ts";
import type { VerifiedStore, VerifyStoreOptions } from "./verify-store.ts";

export const SHELVES: unique symbol = Symbol("shelves");

/** Opened by `openStore`; hold it with `await using`. */
export interface Store extends AsyncDisposable {
  /** The place, as a user would write it after `--store`. */
  readonly url: string;
  readonly models: ModelStore;
  readonly bentos: BentoStore;
  readonly deployments: DeploymentStore;
  /** Copies a model to another store; what that one has does not travel. */
  copyModelTo(other: Store, tag: Tag, options?: CopyVersionOptions): Promise<CopiedVersion>;
  /** Copies a bento with its models' files to another store; what that one has does not travel. */
  copyBentoTo(other: Store, tag: Tag, options?: CopyVersionOptions): Promise<CopiedVersion>;
  /** Reads everything and compares it with its digests. */
  verify(options?: VerifyStoreOptions): Promise<VerifiedStore>;
  /** Removes the bytes that no version names. */
  collectGarbage(options?: CollectGarbageOptions): Promise<CollectedGarbage>;
  /** What the store is made of, for other parts of this folder. */
  readonly [SHELVES]: Shelves;
}

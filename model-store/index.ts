/**
 * `bentokit/models`: the store for programs. `models` works on the user's own store, the one that the command line
 * takes when it is told of no other; `openStore` opens any.
 *
 * @module
 */
export type { ModelManifest } from "../core/model-manifest.ts";
export { parsePrivateKey, parsePublicKey, type Signer } from "../oci/attest/signing-key.ts";
export type { AliasChange, AliasMove, MoveAliasOptions } from "./aliases.ts";
export type { ImportedModel, ImportModelOptions } from "./bentoml/import-bentoml.ts";
export type { ExportedArchive, ModelExchange } from "./bentoml/model-exchange.ts";
export type { BentoStore, SaveBentoOptions, SavedBento } from "./bentos.ts";
export type { ChainEntry } from "./chain.ts";
export type { CollectedGarbage, CollectGarbageOptions } from "./collect-garbage.ts";
export {
  type DefaultModels,
  type ListModelsByTextOptions,
  models,
  type PromoteByTextOptions,
} from "./default-models.ts";
export type { Deleted, DeleteOptions } from "./delete-version.ts";
export type { DeploymentStore } from "./deployments.ts";
export type { Labels } from "./labels.ts";
export type { ListModelsOptions, RegisteredModel } from "./list-models.ts";
export type { LoadCheck } from "./load-check.ts";
export type { ModelInput } from "./model-source.ts";
export type { ModelStore } from "./models.ts";
export { type OpenStoreOptions, openStore } from "./open-store.ts";
export type { PromoteOptions, Promotion, RollBackOptions } from "./promote.ts";
export type { ResolveOptions } from "./resolve-tag.ts";
export type { SavedModel, SaveModelOptions } from "./save-model.ts";
export type { SignedModel } from "./sign-model.ts";
export type { SignatureInput } from "./signatures.ts";
export type { ByteStreamInput } from "./spool-stream.ts";
export type { Store } from "./store.ts";
export type { DamagedVersion, VerifiedStore, VerifyStoreOptions } from "./verify-store.ts";

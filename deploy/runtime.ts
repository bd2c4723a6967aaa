/**
 * What the engine works with: the stores and the caller's surroundings, all passed in. Nothing here is read from the
 * process.
 *
 * @module
 */
import type { Adapter } from "../adapters/adapter.ts";
import type { BentoManifest } from "../core/bento-manifest.ts";
import type { Deployment } from "../core/deployment.ts";
import type { OnProgress } from "../core/progress.ts";
import type { ExactTag } from "../core/tag.ts";

/** Names one deployment. */
export interface DeploymentKey {
  readonly platform: string;
  readonly environment: string;
  readonly name: string;
}

/** The part of a store of `bentokit/models` that deploying needs. */
export interface DeployStore {
  readonly bentos: {
    /** @throws BentoError BENTO_NOT_FOUND when the store has no such bento */
    get(tag: ExactTag): Promise<{ readonly manifest: BentoManifest }>;
    /** Makes the bento ready to run and returns its directory, absolute. */
    materialise(tag: ExactTag, cacheRoot: string): Promise<string>;
  };
  readonly deployments: {
    /**
     * @param options.after - the newest record as it was read, null for none; another one there now is a conflict
     * @throws BentoError BENTO_CONFLICT
     */
    append(record: Deployment, options?: { readonly after?: Deployment | null }): Promise<void>;
    /** The newest record, undefined when nothing was ever deployed there. */
    latest(key: DeploymentKey): Promise<Deployment | undefined>;
    /** The newest record that succeeded since the deployment was last destroyed. */
    running(key: DeploymentKey): Promise<Deployment | undefined>;
    /** The newest record of each deployment. */
    list(): AsyncIterable<Deployment>;
    /** All records of a deployment, newest first. */
    history(key: DeploymentKey): AsyncIterable<Deployment>;
  };
  /** Tells what aliases mean now. @default nobody is told of one that has moved */
  readonly models?: {
    /** The aliases of a name with the versions that they mean. */
    aliases(name: string): Promise<Readonly<Record<string, string>>>;
  };
}

export interface DeployRuntime {
  readonly store: DeployStore;
  /** Folder for caches and for what runs on this machine. Absolute. */
  readonly home: string;
  /** Where a platform's packages are looked for first. Absolute. */
  readonly projectDirectory: string;
  /** The caller's environment variables. @default none */
  readonly ambient?: Readonly<Record<string, string | undefined>>;
  readonly now: () => Date;
  /** @default the platforms of this package */
  readonly loadAdapter?: ((platform: string) => Promise<Adapter>) | undefined;
  /** Who deploys, for the record. */
  readonly by?: string | undefined;
  /** @default nobody listens */
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal | undefined;
}

/** Options of the platform, for when no record tells where a deployment is. */
export interface GivenOptions {
  /** From bentofile.yaml. @default {} */
  readonly options?: Readonly<Record<string, unknown>> | undefined;
  /** `key=value` over those. @default [] */
  readonly sets?: readonly string[] | undefined;
}

/** The runtime's clock in milliseconds, for the times of steps. */
export function clockOf({ now }: DeployRuntime): () => number {
  return () => now().getTime();
}

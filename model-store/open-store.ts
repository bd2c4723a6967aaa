/**
 * From the name of a place to a store there. One store is authoritative for a command; none falls back to another.
 *
 * @module
 */
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { BentoError } from "../core/bento-error.ts";
import { BentoManifest } from "../core/bento-manifest.ts";
import { ModelManifest } from "../core/model-manifest.ts";
import { bentoStore } from "./bentos.ts";
import { collectGarbage } from "./collect-garbage.ts";
import { copyVersion } from "./copy-version.ts";
import { deploymentStore } from "./deployments.ts";
import type { Driver } from "./driver.ts";
import { cachedBlobs } from "./drivers/cached-blobs.ts";
import { localDriver } from "./drivers/local.ts";
import { memoryDriver } from "./drivers/memory.ts";
import { s3Driver } from "./drivers/s3/s3.ts";
import { type Environment, parseS3Url } from "./drivers/s3/s3-place.ts";
import { type LoadCheck, loadWithOnnxRuntime } from "./load-check.ts";
import { modelStore } from "./models.ts";
import { bentoReferences, deploymentReferences } from "./references.ts";
import type { Shelf } from "./shelf.ts";
import { SHELVES, type Store } from "./store.ts";
import { filesOfBento } from "./used-digests.ts";
import { verifyStore } from "./verify-store.ts";

export interface OpenStoreOptions {
  /**
   * `file:///folder`, a path, `s3://bucket/prefix`, or `memory://`, which starts empty.
   *
   * @default the folder `home`
   */
  readonly url?: string | undefined;
  /** The user's folder, BENTO_HOME; made at the first write. */
  readonly home: string;
  /** Where AWS_ENDPOINT_URL is looked up; what else the AWS SDK reads it reads itself. @default nothing */
  readonly environment?: Environment | undefined;
  /** The clock for times in histories. @default the system's */
  readonly now?: (() => Date) | undefined;
  /** Decides whether a file is a loadable model. @default onnxruntime loads it */
  readonly checkLoad?: LoadCheck | undefined;
  /** Lets time pass while another process removes garbage, in milliseconds. @default a timer */
  readonly wait?: ((ms: number) => Promise<unknown>) | undefined;
}

/**
 * Opens a store; nothing is read or written yet.
 *
 * @throws BentoError BENTO_INVALID_INPUT for a URL that names no store
 */
export function openStore({ url, home, environment, now, checkLoad }: OpenStoreOptions): Store {
  const driver = openDriver(url === undefined || url === "" ? home : url, { home, environment });
  return storeOver(driver, { home, now, checkLoad });
}

/** A store over any driver. */
export function storeOver(
  driver: Driver,
  {
    home,
    now = () => new Date(),
    checkLoad = loadWithOnnxRuntime,
    wait,
  }: Omit<OpenStoreOptions, "url" | "environment">,
): Store {
  const models: Shelf<ModelManifest> = {
    driver,
    kind: "models",
    noun: "model",
    manifest: ModelManifest,
    now,
    wait,
  };
  const bentos: Shelf<BentoManifest> = {
    driver,
    kind: "bentos",
    noun: "bento",
    manifest: BentoManifest,
    now,
    wait,
  };
  const deployments = deploymentStore({ driver, now });
  const workFolder = join(home, ".tmp");
  return {
    url: driver.url,
    models: modelStore({
      shelf: models,
      checkLoad,
      workFolder,
      references: async (tag) => [
        ...(await bentoReferences(bentos, tag)),
        ...(await deploymentReferences(deployments, "models", tag)),
      ],
    }),
    bentos: bentoStore({
      shelf: bentos,
      references: async (tag) => deploymentReferences(deployments, "bentos", tag),
      workFolder,
    }),
    deployments,
    copyModelTo: async (other, tag, options) =>
      copyVersion(models, other[SHELVES].models, { tag, filesOf: ({ files }) => files }, options),
    copyBentoTo: async (other, tag, options) =>
      copyVersion(bentos, other[SHELVES].bentos, { tag, filesOf: filesOfBento }, options),
    verify: async (options) => verifyStore(driver, { models, bentos }, options),
    collectGarbage: async (options) => collectGarbage(driver, { models, bentos }, options),
    [SHELVES]: { models, bentos },
    [Symbol.asyncDispose]: async () => driver[Symbol.asyncDispose](),
  };
}

function openDriver(
  url: string,
  { home, environment }: Pick<OpenStoreOptions, "home" | "environment">,
): Driver {
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(url)?.[1]?.toLowerCase();
  switch (scheme) {
    case undefined:
      return localDriver({ root: resolve(url) });
    case "file":
      return localDriver({ root: folderOf(url) });
    case "memory":
      return memoryDriver();
    case "s3":
      return cachedBlobs(s3Driver(parseS3Url(url, environment)), localDriver({ root: home }));
    default:
      throw new BentoError("BENTO_INVALID_INPUT", `no store has the scheme ${scheme}: ${url}`, {
        hint: "name a folder, file:///folder, s3://bucket/prefix or memory://",
      });
  }
}

function folderOf(url: string): string {
  try {
    return fileURLToPath(url);
  } catch (cause) {
    throw new BentoError("BENTO_INVALID_INPUT", `not the URL of a folder: ${url}`, {
      hint: "write three slashes and an absolute path, e.g. file:///srv/bento",
      cause,
    });
  }
}

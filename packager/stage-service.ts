/**
 * Makes a project runnable from its sources: the bundle and a `bento.json` in a folder, models where the store has them.
 * Nothing is registered; the version is `source`.
 *
 * @module
 */
import { copyFile, rm, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { canonicalJson } from "../core/canonical-json.ts";
import { digestOf } from "../core/digest.ts";
import type { OnProgress } from "../core/progress.ts";
import type { RuntimeManifest } from "../core/runtime-manifest.ts";
import { formatTag } from "../core/tag.ts";
import { diskError, systemCode } from "../model-store/disk-error.ts";
import type { Store } from "../model-store/store.ts";
import { type Bundle, bundleService } from "./bundle.ts";
import { describeService } from "./describe-service.ts";
import { includeFiles } from "./include-files.ts";
import type { Project } from "./project.ts";
import { resolveModels } from "./resolve-models.ts";
import { makeWorkDirectory } from "./work-directory.ts";
import { writeFiles } from "./write-files.ts";

export interface StageOptions {
  readonly store: Store;
  /** Where models are unpacked; safe to delete. */
  readonly cacheRoot: string;
  /** The staged folder is made in here. */
  readonly workDirectory: string;
  readonly signal?: AbortSignal;
  /** Hears of models that are fetched. @default nobody */
  readonly onProgress?: OnProgress | undefined;
}

export interface StagedService extends AsyncDisposable {
  /** Runs with Node on `src/main.js` in it; removed on disposal. */
  readonly directory: string;
  readonly name: string;
  /** Absolute paths of the sources that went in. */
  readonly inputs: readonly string[];
}

/** @throws BentoError as {@link bundleService}, {@link describeService} and {@link resolveModels} do */
export async function stageService(
  project: Project,
  options: StageOptions,
): Promise<StagedService> {
  const directory = await makeWorkDirectory(options.workDirectory, "serve");
  const dispose = () => rm(directory, { recursive: true, force: true });
  try {
    const bundle = await bundleService(project);
    const included = await includeFiles(project, bundle.files.keys());
    await writeFiles(join(directory, "src"), [...bundle.files, ...included]);
    const runtime = await runtimeOf(project, { bundle, directory, ...options });
    await writeFile(join(directory, "bento.json"), canonicalJson(runtime, 2));
    await copyProfile(project, directory);
    return { directory, name: runtime.name, inputs: bundle.inputs, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** What `bento profile` measured of the project, where it did. */
async function copyProfile(project: Project, directory: string): Promise<void> {
  const file = join(project.directory, "profile.json");
  await copyFile(file, join(directory, "profile.json")).catch((error: unknown) => {
    if (systemCode(error) !== "ENOENT") {
      throw diskError(error, "read", file);
    }
  });
}

async function runtimeOf(
  project: Project,
  {
    bundle,
    directory,
    store,
    cacheRoot,
    signal,
    onProgress,
  }: StageOptions & { bundle: Bundle; directory: string },
): Promise<RuntimeManifest> {
  const source = relative(project.directory, project.serviceFile);
  const description = await describeService(join(directory, "src", "service.js"), {
    source,
    signal,
  });
  const models: RuntimeManifest["models"] = {};
  for (const model of await resolveModels(project, description.models, store)) {
    const { manifest } = await store.models.get({ name: model.name, version: model.version });
    const folder = await store.models.path(manifest, cacheRoot, { onProgress, signal });
    models[model.key] = {
      tag: formatTag(manifest),
      digest: model.digest,
      path: join(folder, model.entry),
      batchable: model.batchable,
      ...(model.padding === undefined ? {} : { padding: model.padding }),
    };
  }
  const digest = digestOf(bundle.files.get("service.js") ?? "");
  return { name: description.name, version: "source", digest, models };
}

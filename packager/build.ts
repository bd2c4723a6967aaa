/**
 * `service.ts` + `bentofile.yaml` → a bento in the store. The version is the hash of the content: no clock, host or
 * path of this machine goes in.
 *
 * @module
 */
import { readFile, rm } from "node:fs/promises";
import { join, relative } from "node:path";
import { type BentoManifest, bentoDigest, bentoVersion } from "../core/bento-manifest.ts";
import { canonicalJson } from "../core/canonical-json.ts";
import { type Digest, digestOf } from "../core/digest.ts";
import type { StoredFile } from "../core/model-manifest.ts";
import { type OnProgress, silent } from "../core/progress.ts";
import { runStep } from "../core/run-step.ts";
import type { Store } from "../model-store/store.ts";
import { COMPONENTS_FILE } from "./attest/bundled-packages.ts";
import { type Bundle, bundleService } from "./bundle.ts";
import { describeService, type ServiceDescription } from "./describe-service.ts";
import { bentoDockerfile, DOCKERFILE } from "./dockerfile.ts";
import { goldenFiles } from "./golden.ts";
import { includeFiles } from "./include-files.ts";
import { installedPackage, ownVersion } from "./own-package.ts";
import type { Project } from "./project.ts";
import { bentoReadme } from "./readme.ts";
import { resolveModels } from "./resolve-models.ts";
import { makeWorkDirectory } from "./work-directory.ts";
import { writeFiles } from "./write-files.ts";

export interface BuildOptions {
  /** Where models come from and the bento goes. */
  readonly store: Store;
  /** A folder for the work, on the store's disk if that is local; created and left empty. */
  readonly workDirectory: string;
  /** @default silent */
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
  /** How long the service's own code may take to load. @default 30 000 */
  readonly loadLimitMs?: number;
}

export interface BuiltBento {
  readonly manifest: BentoManifest;
  readonly digest: Digest;
  /** `exists` when the same content was built before. */
  readonly state: "created" | "exists";
  /** npm packages in the bundle, as name → version. */
  readonly packages: Readonly<Record<string, string>>;
  /** Absolute paths of the sources that went in. */
  readonly inputs: readonly string[];
}

/** Major version of Node that images run. */
const IMAGE_NODE = "24";

/**
 * Builds a project.
 *
 * @throws BentoError BENTO_INVALID_SERVICE, BENTO_INVALID_CONFIG or BENTO_INVALID_INPUT when a source cannot be used,
 * BENTO_NOT_FOUND when a model is in no store
 */
export async function buildBento(project: Project, options: BuildOptions): Promise<BuiltBento> {
  const { store, onProgress = silent, signal } = options;
  const stage = await makeWorkDirectory(options.workDirectory, "build");
  try {
    const bundle = await runStep(onProgress, { step: "bundle" }, () => bundleService(project));
    await writeFiles(join(stage, "src"), bundle.files);
    signal?.throwIfAborted();
    const description = await runStep(onProgress, { step: "describe" }, () =>
      describeService(join(stage, "src", "service.js"), {
        source: relative(project.directory, project.serviceFile),
        timeLimitMs: options.loadLimitMs,
        signal,
      }),
    );
    const files = await contentOf(project, bundle, description);
    await writeFiles(stage, files);
    const manifest = await manifestOf(project, { bundle, description, files, store });
    signal?.throwIfAborted();
    const { state } = await runStep(onProgress, { step: "store" }, () =>
      store.bentos.save(stage, manifest),
    );
    const { packages, inputs } = bundle;
    return { manifest, digest: bentoDigest(manifest), state, packages, inputs };
  } finally {
    await rm(stage, { recursive: true, force: true });
  }
}

/** Everything of the bento but its bundle, bento.yaml and models; by path within the bento. */
async function contentOf(
  project: Project,
  bundle: Bundle,
  description: ServiceDescription,
): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  for (const [path, content] of await includeFiles(project, bundle.files.keys())) {
    files.set(`src/${path}`, content);
  }
  const names = description.apis.map((api) => api.name);
  for (const [path, content] of await goldenFiles(project.directory, names)) {
    files.set(path, content);
  }
  const json = (value: unknown) => Buffer.from(`${canonicalJson(value, 2)}\n`);
  files.set("apis/openapi.json", json(description.openapi));
  files.set("apis/schema.json", json(description.schema));
  files.set("env/packages.json", json(bundle.packages));
  files.set(COMPONENTS_FILE, json(bundle.components));
  files.set("env/node-version", Buffer.from(`${IMAGE_NODE}\n`));
  files.set(DOCKERFILE, Buffer.from(await dockerfileOf(project, description)));
  const readme = await readFile(join(project.directory, "README.md")).catch(() => undefined);
  files.set("README.md", readme ?? Buffer.from(bentoReadme(description)));
  return files;
}

async function dockerfileOf(
  { bentofile }: Project,
  { name, models }: ServiceDescription,
): Promise<string> {
  return bentoDockerfile({
    name: bentofile.name ?? name,
    docker: bentofile.docker,
    runtime: await runtimeVersions(),
    hasModels: models.length > 0,
  });
}

async function runtimeVersions(): Promise<BentoManifest["runtime"]> {
  return {
    bentokit: await ownVersion(),
    node: IMAGE_NODE,
    onnxruntime: (await installedPackage("onnxruntime-node")).version,
  };
}

interface Parts {
  readonly bundle: Bundle;
  readonly description: ServiceDescription;
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly store: Store;
}

async function manifestOf(project: Project, parts: Parts): Promise<BentoManifest> {
  const { bentofile } = project;
  const { description } = parts;
  const about = bentofile.description ?? description.description;
  const content = {
    schema: 1 as const,
    name: bentofile.name ?? description.name,
    ...(about === undefined ? {} : { description: about }),
    labels: bentofile.labels,
    service: description.name,
    apis: description.apis,
    models: await resolveModels(project, description.models, parts.store),
    resources: description.resources,
    traffic: description.traffic,
    env: [...new Set([...description.env, ...bentofile.envs])].sort(),
    runtime: await runtimeVersions(),
    docker: bentofile.docker,
    files: storedFiles(parts),
  };
  return { ...content, version: bentoVersion(content) };
}

function storedFiles({ bundle, files }: Parts): StoredFile[] {
  const bundled = [...bundle.files].map(([path, content]) => [`src/${path}`, content] as const);
  return [...bundled, ...files]
    .map(([path, content]) => ({ path, digest: digestOf(content), size: content.byteLength }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

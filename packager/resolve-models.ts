/**
 * Turns the models that a service names into exact versions of the store.
 *
 * @module
 */
import { basename, join, relative } from "node:path";
import { BentoError } from "../core/bento-error.ts";
import type { BentoModel } from "../core/bento-manifest.ts";
import type { ModelManifest } from "../core/model-manifest.ts";
import { parseTag } from "../core/tag.ts";
import type { Store } from "../model-store/store.ts";
import type { ServiceDescription } from "./describe-service.ts";
import type { Project } from "./project.ts";

type NamedModel = Pick<ServiceDescription["models"][number], "key" | "tag" | "file">;

/**
 * @returns one entry for each model of the service and each of bentofile.yaml, sorted by key
 * @throws BentoError BENTO_NOT_FOUND with every model that the store does not have
 */
export async function resolveModels(
  project: Project,
  named: readonly NamedModel[],
  store: Store,
): Promise<BentoModel[]> {
  const extra = project.bentofile.models.map((tag) => ({ key: parseTag(tag).name, tag }));
  const keys = new Set(named.map((entry) => entry.key));
  const all = [...named, ...extra.filter((entry) => !keys.has(entry.key))];
  const found: BentoModel[] = [];
  const missing: BentoError[] = [];
  for (const entry of all) {
    try {
      found.push(await resolveOne(project, entry, store));
    } catch (error) {
      if (!BentoError.isInstance(error) || error.code !== "BENTO_NOT_FOUND") {
        throw error;
      }
      missing.push(
        new BentoError(error.code, `models.${entry.key}: ${error.message}`, { hint: error.hint }),
      );
    }
  }
  if (missing.length > 0) {
    throw new BentoError("BENTO_NOT_FOUND", missing.map((error) => error.message).join("\n"), {
      where: relative(project.directory, project.serviceFile),
      hint: missing[0]?.hint,
    });
  }
  return found.sort((a, b) => (a.key < b.key ? -1 : 1));
}

async function resolveOne(project: Project, entry: NamedModel, store: Store): Promise<BentoModel> {
  if (entry.file !== undefined) {
    return packFile(project, { key: entry.key, file: entry.file }, store);
  }
  const asked = entry.tag ?? entry.key;
  const { manifest, digest } = await store.models.get(parseTag(asked));
  return toBentoModel({ key: entry.key, asked }, manifest, digest);
}

/** A file of the project becomes a version made from its content, so that the bento can name it like any other. */
async function packFile(
  project: Project,
  entry: { key: string; file: string },
  store: Store,
): Promise<BentoModel> {
  const name = basename(entry.file)
    .replace(/\.onnx$/i, "")
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]+/g, "_");
  const saved = await store.models.save(join(project.directory, entry.file), { name });
  return toBentoModel(
    { key: entry.key, asked: `file:${entry.file}` },
    saved.manifest,
    saved.digest,
  );
}

/** What a bento says of a model. */
export function toBentoModel(
  entry: Pick<BentoModel, "key" | "asked">,
  manifest: ModelManifest,
  digest: BentoModel["digest"],
): BentoModel {
  const signatures = Object.values(manifest.signatures);
  const padding = signatures.find((signature) => signature.padding !== undefined)?.padding;
  return {
    ...entry,
    name: manifest.name,
    version: manifest.version,
    digest,
    entry: manifest.entry,
    files: manifest.files,
    batchable: signatures.length > 0 && signatures.every((signature) => signature.batchable),
    ...(padding === undefined ? {} : { padding }),
  };
}

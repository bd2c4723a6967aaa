/**
 * Models into and out of a store in the formats of others: what a user names, and archives that BentoML takes.
 *
 * @module
 */
import type { ModelManifest } from "../../core/model-manifest.ts";
import type { ExactTag, Tag } from "../../core/tag.ts";
import type { ProgressOptions } from "../count-bytes.ts";
import { describeModel } from "../list-models.ts";
import type { ModelInput } from "../model-source.ts";
import { type ResolveOptions, resolveTag } from "../resolve-tag.ts";
import type { Shelf } from "../shelf.ts";
import { exportBentoMl } from "./export-bentoml.ts";
import type { ImportedModel, ImportModelOptions } from "./import-bentoml.ts";
import { importModel, type ModelImport } from "./import-model.ts";

export interface ExportedArchive extends ExactTag {
  /** What BentoML cannot be told, a line each. */
  readonly notes: readonly string[];
}

export interface ModelExchange {
  /**
   * Registers a model, also one that BentoML exported or keeps: an archive, or a version's folder with its model.yaml,
   * which bring their own name, version, labels, metadata, signatures and time.
   *
   * @param options - the name is needed for what BentoML did not make
   */
  import(source: ModelInput, options?: ImportModelOptions): Promise<ImportedModel>;
  /**
   * Writes an archive that `bentoml models import` takes; it appears whole or not at all.
   *
   * @param file - must not exist; ends with .bentomodel, .tar.xz, .tar.gz or .tar
   */
  exportArchive(
    tag: Tag,
    file: string,
    options?: ResolveOptions & ProgressOptions,
  ): Promise<ExportedArchive>;
}

export function modelExchange(
  shelf: Shelf<ModelManifest>,
  { save, workFolder }: Omit<ModelImport, "now">,
): ModelExchange {
  return {
    import: async (source, options) =>
      importModel({ save, workFolder, now: shelf.now }, source, options),
    async exportArchive(tag, file, options) {
      const model = await describeModel(shelf, await resolveTag(shelf, tag, options));
      const { driver } = shelf;
      const { signal, onProgress } = options ?? {};
      const notes = await exportBentoMl(file, model, { driver, signal, onProgress });
      const { name, version } = model.manifest;
      return { name, version, notes };
    },
  };
}

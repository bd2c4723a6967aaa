/**
 * A small bento for tests of the store: two files and a model, with nothing in it that could run.
 *
 * @module
 */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { BentoManifest } from "../../core/bento-manifest.ts";
import { digestOf } from "../../core/digest.ts";
import { contentVersion } from "../../core/model-manifest.ts";
import type { SavedModel } from "../../model-store/save-model.ts";

const FILES: Readonly<Record<string, string>> = {
  "apis/openapi.json": "{}\n",
  "src/service.js": "export default 1;\n",
};

export interface BentoOptions {
  readonly name?: string;
  /** @default the hash of the content */
  readonly version?: string;
  /** Under the keys `model0`, `model1` … */
  readonly models?: readonly SavedModel[];
  readonly labels?: Record<string, string>;
}

/** The manifest of the bento. */
export function bentoOf({
  name = "iris",
  version,
  models = [],
  labels = {},
}: BentoOptions): BentoManifest {
  const content = {
    schema: 1 as const,
    name,
    labels,
    service: name,
    apis: [{ name: "classify", kind: "api" as const }],
    models: models.map(({ manifest, digest }, index) => ({
      key: `model${index}`,
      asked: `${manifest.name}:latest`,
      name: manifest.name,
      version: manifest.version,
      digest,
      entry: manifest.entry,
      files: manifest.files,
      batchable: true,
    })),
    resources: { cpu: 1 },
    traffic: {},
    env: [],
    runtime: { bentokit: "0.1.0", node: "24", onnxruntime: "1.30.0" },
    docker: {},
    files: Object.entries(FILES).map(([path, text]) => ({
      path,
      digest: digestOf(text),
      size: text.length,
    })),
  };
  return { ...content, version: version ?? contentVersion(content) };
}

/** Writes the bento's own files below a folder. */
export async function writeBentoFiles(folder: string): Promise<void> {
  for (const [path, text] of Object.entries(FILES)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}
